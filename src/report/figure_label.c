/* airshed -- GPL-3.0-or-later. Text of any language as GMT prints it. */
#include <iconv.h>
#include <locale.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "report/figure.h"

/* GMT numbers fonts: 35 of PostScript, 4 Japanese ones, then those of PSL_custom_fonts.txt. (A name with
 * two dashes is not understood within a text.) */
#define FOREIGN "@%39%"
#define OWN "@%%"

enum {
    PIECE_BYTES = 16,
    UTF8_MAX = 4
};

const char *figure_font(void)
{
    static const char *const paths[] = {
        "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
        "/usr/share/fonts/google-droid-sans-fonts/DroidSansFallbackFull.ttf",
        "/usr/share/fonts/droid/DroidSansFallbackFull.ttf",
        "/usr/share/fonts/TTF/DroidSansFallbackFull.ttf"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (access(paths[i], R_OK) == 0) {
            return paths[i];
        }
    }
    return NULL;
}

/* One character of UTF-8 and its length; U+FFFD where there is none (RFC 3629). */
static uint32_t decode(const unsigned char *bytes, int *length)
{
    static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
    int more = bytes[0] < 0x80 ? 0 : bytes[0] >= 0xf0 ? 3 : bytes[0] >= 0xe0 ? 2 : 1;
    uint32_t character = bytes[0] & (more == 0 ? 0x7fU : 0x3fU >> more);
    *length = 1;
    if (bytes[0] < lead[more] || bytes[0] >= 0xf8) {
        return 0xfffd;
    }
    for (int i = 1; i <= more; i++) {
        if ((bytes[i] & 0xc0) != 0x80) {
            return 0xfffd;
        }
        character = character << 6 | (bytes[i] & 0x3fU);
    }
    *length = 1 + more;
    return character;
}

/* What the font and the character collection GB1 both have: kana, Chinese, full-width letters. */
static bool is_foreign(uint32_t character)
{
    static const uint32_t ranges[][2] = {{0x3000, 0x30ff}, {0x4e00, 0x9fff}, {0xff00, 0xffef}};
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (character >= ranges[i][0] && character <= ranges[i][1]) {
            return true;
        }
    }
    return false;
}

/* The C library's nearest ASCII: a letter without its marks. @return false where it knows none */
static bool simplify(const char *bytes, int length, char piece[PIECE_BYTES])
{
    locale_t plain = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    locale_t before = plain != (locale_t)0 ? uselocale(plain) : (locale_t)0;
    iconv_t way = iconv_open("ASCII//TRANSLIT", "UTF-8");
    char copy[UTF8_MAX + 1] = "", *from = copy, *to = piece;
    size_t left = (size_t)length, room = PIECE_BYTES - 1;
    memcpy(copy, bytes, (size_t)length);
    bool is_done = way != (iconv_t)-1 && iconv(way, &from, &left, &to, &room) != (size_t)-1;
    *to = '\0';
    if (way != (iconv_t)-1) {
        iconv_close(way);
    }
    if (plain != (locale_t)0) {
        uselocale(before);
        freelocale(plain);
    }
    return is_done && piece[0] != '\0' && strchr(piece, '?') == NULL;
}

/* One character as GMT takes it. */
struct piece {
    char text[PIECE_BYTES];
    bool is_foreign, is_known;
};

static struct piece piece_of(const char *bytes, int *length)
{
    struct piece piece = {.is_known = true};
    uint32_t character = decode((const unsigned char *)bytes, length);
    if (character < 0x80) {
        piece.text[0] = character < 32 || character == 127 ? ' ' : (char)character;
        piece.text[1] = character == '@' ? '@' : '\0';
    } else if (character >= 0xa0 && character <= 0xff) { /* ISO 8859-1 by number */
        snprintf(piece.text, PIECE_BYTES, "\\%03o", (unsigned)character);
    } else if (is_foreign(character) && figure_font() != NULL) {
        memcpy(piece.text, bytes, (size_t)*length);
        piece.is_foreign = true;
    } else if (character == 0xfffd || !simplify(bytes, *length, piece.text)) {
        piece = (struct piece){.text = "?"};
    }
    return piece;
}

const char *figure_label(const char *text, char *label, int room)
{
    size_t used = 0, most = (size_t)room - sizeof FOREIGN - sizeof OWN;
    bool is_foreign_now = false;
    int length;
    for (; *text != '\0'; text += length) {
        struct piece piece = piece_of(text, &length);
        const char *change = piece.is_foreign == is_foreign_now ? ""
                             : piece.is_foreign                 ? FOREIGN
                                                                : OWN;
        size_t bytes = strlen(change) + strlen(piece.text);
        if (used + bytes >= most) {
            break;
        }
        used = (size_t)(stpcpy(stpcpy(label + used, change), piece.text) - label);
        is_foreign_now = piece.is_foreign;
    }
    strcpy(label + used, is_foreign_now ? OWN : "");
    return label;
}

bool figure_can_print(const char *text)
{
    int length;
    for (; *text != '\0'; text += length) {
        if (!piece_of(text, &length).is_known) {
            return false;
        }
    }
    return true;
}
