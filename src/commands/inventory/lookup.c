/* airshed -- GPL-3.0-or-later. inventory: which value a parameter has in a cell (P3.04). */
#include <stdio.h>
#include <string.h>

#include "values.h"

const char *const inventory_level_names[LEVEL_COUNT] = {
    [LEVEL_PROVINCE_YEAR] = "province-year",
    [LEVEL_PROVINCE] = "province",
    [LEVEL_NATIONAL_YEAR] = "national-year",
    [LEVEL_NATIONAL] = "national",
    [LEVEL_DEFAULT] = "default",
    [LEVEL_ZERO] = "zero",
};

static int count_bits(unsigned bits)
{
    return __builtin_popcount(bits);
}

/* The value at one place and year with the fewest other keys left open. */
static int64_t find_at(const struct inventory_model *model, int parameter,
                       const struct inventory_key *cell, int32_t province, int32_t year)
{
    int indices[INDEX_MAX], count = 0;
    const struct inventory_parameter *by = &model->parameters[parameter];
    for (int index = INDEX_SPECIES; index < model->index_count; index++) {
        if (by->by[index]) {
            indices[count++] = index;
        }
    }
    for (int open = 0; open <= count; open++) {
        for (unsigned mask = 0; mask < 1u << count; mask++) {
            if (count_bits(mask) != open) {
                continue;
            }
            struct inventory_key key;
            for (int index = 0; index < INDEX_MAX; index++) {
                key.member[index] = KEY_ANY;
            }
            key.member[INDEX_PROVINCE] = province;
            key.member[INDEX_YEAR] = year;
            for (int i = 0; i < count; i++) {
                key.member[indices[i]] =
                    mask & 1u << i ? KEY_ANY : cell->member[indices[i]];
            }
            int64_t found = inventory_value_find(model, parameter, &key);
            if (found >= 0) {
                return found;
            }
        }
    }
    return -1;
}

enum lookup_level inventory_lookup(const struct inventory_model *model, int parameter,
                                   const struct inventory_key *cell, int64_t *value)
{
    const struct inventory_parameter *by = &model->parameters[parameter];
    int32_t province = by->by[INDEX_PROVINCE] ? cell->member[INDEX_PROVINCE] : KEY_NATIONAL;
    int32_t year = by->by[INDEX_YEAR] ? cell->member[INDEX_YEAR] : KEY_ANY;
    const struct {
        int32_t province, year;
    } at[LEVEL_ZERO] = {
        [LEVEL_PROVINCE_YEAR] = {province, year},
        [LEVEL_PROVINCE] = {province, KEY_ANY},
        [LEVEL_NATIONAL_YEAR] = {KEY_NATIONAL, year},
        [LEVEL_NATIONAL] = {KEY_NATIONAL, KEY_ANY},
        [LEVEL_DEFAULT] = {KEY_DEFAULT, KEY_ANY},
    };
    bool is_national = province == KEY_NATIONAL;
    bool only_own = by->kind == PARAMETER_ACTIVITY && !is_national;
    for (int level = 0; level < LEVEL_ZERO; level++) {
        bool names_province = level == LEVEL_PROVINCE_YEAR || level == LEVEL_PROVINCE;
        bool names_year = level == LEVEL_PROVINCE_YEAR || level == LEVEL_NATIONAL_YEAR;
        if ((names_province && is_national) || (names_year && year == KEY_ANY) ||
            (only_own && !names_province)) {
            continue;
        }
        *value = find_at(model, parameter, cell, at[level].province, at[level].year);
        if (*value >= 0) {
            return (enum lookup_level)level;
        }
    }
    *value = -1;
    return by->missing_is_zero ? LEVEL_ZERO : LEVEL_COUNT;
}

const char *inventory_key_text(const struct inventory_model *model, int parameter,
                               const struct inventory_key *key, char *buffer, size_t bytes)
{
    size_t length = 0;
    buffer[0] = '\0';
    for (int index = 0; index < model->index_count && length < bytes; index++) {
        int member = key->member[index];
        const char *name = member >= 0 ? model->indices[index].members.items[member]
                           : member == KEY_DEFAULT ? "DEFAULT"
                           : member == KEY_NATIONAL && model->region_of != NULL ? "NATIONAL"
                                                                                : "";
        bool counts = parameter < 0 || model->parameters[parameter].by[index];
        if (counts && name[0] != '\0') {
            length += (size_t)snprintf(buffer + length, bytes - length, "%s%s",
                                       length > 0 ? ", " : "", name);
        }
    }
    return buffer;
}
