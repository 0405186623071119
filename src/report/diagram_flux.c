/* airshed -- GPL-3.0-or-later. Flows from sources through groups to receptors, drawn with GMT. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "diagram_internal.h"

/* Centimetres on the page. */
#define WIDTH 17.5
#define NODE 0.35
#define LEFT 5.2
#define MIDDLE 9.8
#define RIGHT 14.4
#define LABEL_GAP 0.43
#define NODE_GAP 0.22

/* A bar at one of the three places, from south to north. */
struct node {
    double amount, south, north;
    double in, out; /* how far flows have filled it, from the north */
};

struct layout {
    const struct diagram_flux *flux;
    int *order; /* [flows that are drawn], by group, larger ones first */
    int count;
    struct node *flow, *group, *receptor;
    int *group_order, *receptor_order;
    double height, scale; /* cm; cm for an amount */
};

static bool is_drawn(const struct diagram_flow *flow)
{
    return flow->amount > 0 && isfinite(flow->amount);
}

/* ---- order -------------------------------------------------------------------------------- */

static void order_nodes(const struct node *nodes, int count, int *order)
{
    for (int i = 0; i < count; i++) {
        int at = i;
        for (; at > 0 && nodes[order[at - 1]].amount < nodes[i].amount; at--) {
            order[at] = order[at - 1];
        }
        order[at] = i;
    }
}

static int rank_of(const int *order, int wanted)
{
    int rank = 0;
    while (order[rank] != wanted) {
        rank++;
    }
    return rank;
}

static bool comes_first(const struct layout *layout, const struct diagram_flow *a,
                        const struct diagram_flow *b)
{
    int first = rank_of(layout->group_order, a->group);
    int second = rank_of(layout->group_order, b->group);
    return first != second ? first < second : a->amount >= b->amount;
}

static void order_flows(struct layout *layout)
{
    const struct diagram_flow *flows = layout->flux->flows;
    for (int i = 0; i < layout->flux->flow_count; i++) {
        if (!is_drawn(&flows[i])) {
            continue;
        }
        int at = layout->count++;
        for (; at > 0 && !comes_first(layout, &flows[layout->order[at - 1]], &flows[i]); at--) {
            layout->order[at] = layout->order[at - 1];
        }
        layout->order[at] = i;
    }
}

/* ---- places ------------------------------------------------------------------------------- */

/* From the top downwards; nodes with no amount take no room. */
static void place_nodes(const struct layout *layout, struct node *nodes, const int *order, int count)
{
    double gaps = -1, used = 0;
    for (int i = 0; i < count; i++) {
        gaps += nodes[order[i]].amount > 0;
        used += nodes[order[i]].amount * layout->scale;
    }
    double gap = gaps > 0 ? fmin((layout->height - used) / gaps, 1.2) : 0;
    double top = layout->height - (layout->height - used - gap * fmax(gaps, 0)) / 2;
    for (int i = 0; i < count; i++) {
        struct node *node = &nodes[order[i]];
        node->north = node->in = node->out = top;
        node->south = top - node->amount * layout->scale;
        top = node->amount > 0 ? node->south - gap : top;
    }
}

static enum status layout_create(const struct diagram_flux *flux, struct layout *layout)
{
    enum status status;
    double total = 0;
    layout->flux = flux;
    TRY(memory_allocate((size_t)flux->flow_count, sizeof *layout->order, &layout->order));
    TRY(memory_allocate((size_t)flux->flow_count, sizeof *layout->flow, &layout->flow));
    TRY(memory_allocate((size_t)flux->group_count, sizeof *layout->group, &layout->group));
    TRY(memory_allocate((size_t)flux->receptor_count, sizeof *layout->receptor, &layout->receptor));
    TRY(memory_allocate((size_t)flux->group_count, sizeof(int), &layout->group_order));
    TRY(memory_allocate((size_t)flux->receptor_count, sizeof(int), &layout->receptor_order));
    for (int i = 0; i < flux->flow_count; i++) {
        const struct diagram_flow *flow = &flux->flows[i];
        double amount = is_drawn(flow) ? flow->amount : 0;
        layout->flow[i].amount = amount;
        layout->group[flow->group].amount += amount;
        layout->receptor[flow->receptor].amount += amount;
        total += amount;
    }
    order_nodes(layout->group, flux->group_count, layout->group_order);
    order_nodes(layout->receptor, flux->receptor_count, layout->receptor_order);
    order_flows(layout);
    layout->height = fmax(10, 1.15 * LABEL_GAP * layout->count + 1);
    layout->scale = total > 0 ? (layout->height - NODE_GAP * layout->count) / total : 0;
    layout->scale = total > 0 ? fmin(layout->scale, 0.8 * layout->height / total) : 0;
    place_nodes(layout, layout->flow, layout->order, layout->count);
    place_nodes(layout, layout->group, layout->group_order, flux->group_count);
    place_nodes(layout, layout->receptor, layout->receptor_order, flux->receptor_count);
done:
    return status;
}

static void layout_clear(struct layout *layout)
{
    free(layout->order);
    free(layout->flow);
    free(layout->group);
    free(layout->receptor);
    free(layout->group_order);
    free(layout->receptor_order);
}

/* ---- drawing ------------------------------------------------------------------------------ */

/* A ribbon that leaves and arrives level. */
static void write_ribbon(FILE *file, int group, double west, double east, double from, double to,
                         double thickness)
{
    enum { STEPS = 40 };
    char fill[16];
    fprintf(file, "> -G%s\n", diagram_tint(diagram_colour(group), fill));
    for (int side = 0; side < 2; side++) {
        for (int i = 0; i <= STEPS; i++) {
            double t = (double)(side == 0 ? i : STEPS - i) / STEPS;
            double share = (1 - cos(t * acos(-1))) / 2;
            fprintf(file, "%.6g %.6g\n", west + t * (east - west),
                    from + share * (to - from) - (side == 0 ? 0 : thickness));
        }
    }
}

static enum status draw_ribbons(struct figure *figure, struct layout *layout)
{
    enum status status;
    FILE *file = NULL;
    const struct diagram_flux *flux = layout->flux;
    TRY(figure_file(figure, "ribbons", &file));
    for (int i = 0; i < layout->count; i++) {
        const struct diagram_flow *flow = &flux->flows[layout->order[i]];
        struct node *to = &layout->group[flow->group];
        double thickness = flow->amount * layout->scale;
        write_ribbon(file, flow->group, LEFT + NODE, MIDDLE,
                     layout->flow[layout->order[i]].north, to->in, thickness);
        to->in -= thickness;
    }
    for (int g = 0; g < flux->group_count; g++) {
        struct node *from = &layout->group[layout->group_order[g]];
        for (int r = 0; r < flux->receptor_count; r++) {
            struct node *to = &layout->receptor[layout->receptor_order[r]];
            double amount = 0;
            for (int i = 0; i < layout->count; i++) {
                const struct diagram_flow *flow = &flux->flows[layout->order[i]];
                bool is_of = flow->group == layout->group_order[g] &&
                             flow->receptor == layout->receptor_order[r];
                amount += is_of ? flow->amount : 0;
            }
            if (amount > 0) {
                write_ribbon(file, layout->group_order[g], MIDDLE + NODE, RIGHT, from->out, to->in,
                             amount * layout->scale);
                from->out -= amount * layout->scale;
                to->in -= amount * layout->scale;
            }
        }
    }
    TRY(figure_file_close(figure, &file));
    TRY(figure_call(figure, "plot\nribbons\n-L\n-G200\n-N"));
done:
    return status;
}

static void write_nodes(FILE *file, const struct node *nodes, int count, double west,
                        const char *(*fill)(const struct layout *, int),
                        const struct layout *layout)
{
    for (int i = 0; i < count; i++) {
        if (nodes[i].amount > 0) {
            diagram_rectangle(file, fill(layout, i), west, west + NODE, nodes[i].south,
                              nodes[i].north);
        }
    }
}

static const char *fill_of_flow(const struct layout *layout, int i)
{
    return diagram_colour(layout->flux->flows[i].group);
}

static const char *fill_of_group(const struct layout *layout, int i)
{
    (void)layout;
    return diagram_colour(i);
}

static const char *fill_of_receptor(const struct layout *layout, int i)
{
    (void)layout, (void)i;
    return "90/90/90";
}

static enum status draw_nodes(struct figure *figure, const struct layout *layout)
{
    enum status status;
    FILE *file = NULL;
    TRY(figure_file(figure, "nodes", &file));
    write_nodes(file, layout->flow, layout->flux->flow_count, LEFT, fill_of_flow, layout);
    write_nodes(file, layout->group, layout->flux->group_count, MIDDLE, fill_of_group, layout);
    write_nodes(file, layout->receptor, layout->flux->receptor_count, RIGHT, fill_of_receptor,
                layout);
    TRY(figure_file_close(figure, &file));
    TRY(figure_call(figure, "plot\nnodes\n-L\n-G100\n-W0.3p\n-N"));
done:
    return status;
}

/* Labels of one column beside their nodes, moved apart, each with a line to its node. */
static enum status write_labels(const struct layout *layout, const struct node *nodes,
                                const int *order, int count,
                                const char *(*name)(const struct layout *, int), double node_x,
                                double label_x, const char *justify, double share_of, FILE *labels,
                                FILE *lines)
{
    enum status status;
    double *at = NULL;
    int drawn = 0;
    TRY(memory_allocate((size_t)count, sizeof *at, &at));
    for (int i = count - 1; i >= 0; i--) { /* upwards */
        const struct node *node = &nodes[order[i]];
        if (node->amount > 0) {
            at[drawn++] = (node->south + node->north) / 2;
        }
    }
    diagram_spread(at, drawn, LABEL_GAP, 0.1, layout->height - 0.1);
    for (int i = count - 1, next = 0; i >= 0; i--) {
        const struct node *node = &nodes[order[i]];
        char text[300], amount[32];
        if (node->amount <= 0) {
            continue;
        }
        if (share_of > 0) {
            double share = 100 * node->amount / share_of;
            snprintf(text, sizeof text, share < 0.01 ? "%.200s  %s (< 0.01 %%)" : "%.200s  %s (%.3g %%)",
                     name(layout, order[i]), diagram_amount(node->amount, amount), share);
        } else {
            snprintf(text, sizeof text, "%.200s  %s", name(layout, order[i]),
                     diagram_amount(node->amount, amount));
        }
        diagram_label(labels, label_x, at[next], "9p,Helvetica,black", justify, text);
        fprintf(lines, ">\n%.6g %.6g\n%.6g %.6g\n", node_x, (node->south + node->north) / 2,
                label_x + (label_x < node_x ? 0.08 : -0.08), at[next]);
        next++;
    }
done:
    free(at);
    return status;
}

static const char *name_of_flow(const struct layout *layout, int i)
{
    return layout->flux->flows[i].name;
}

static const char *name_of_group(const struct layout *layout, int i)
{
    return layout->flux->groups[i];
}

static const char *name_of_receptor(const struct layout *layout, int i)
{
    return layout->flux->receptors[i];
}

static enum status draw_labels(struct figure *figure, const struct layout *layout)
{
    enum status status;
    FILE *labels = NULL, *lines = NULL;
    const struct diagram_flux *flux = layout->flux;
    double total = 0;
    for (int i = 0; i < layout->count; i++) {
        total += flux->flows[layout->order[i]].amount;
    }
    TRY(figure_file(figure, "lines", &lines));
    TRY(diagram_labels_begin(figure, &labels));
    TRY(write_labels(layout, layout->flow, layout->order, layout->count, name_of_flow, LEFT,
                     LEFT - 0.9, "RM", 0, labels, lines));
    TRY(write_labels(layout, layout->receptor, layout->receptor_order, flux->receptor_count,
                     name_of_receptor, RIGHT + NODE, RIGHT + NODE + 0.45, "LM", total, labels, lines));
    static const double heads[] = {LEFT + NODE, MIDDLE + NODE / 2, RIGHT};
    static const char *const names[] = {"source", "category", "receptor"};
    static const char *const sides[] = {"RB", "CB", "LB"};
    for (int i = 0; i < 3; i++) {
        diagram_label(labels, heads[i], layout->height + 0.35, "10p,Helvetica-Bold,black", sides[i],
                      names[i]);
    }
    TRY(figure_file_close(figure, &lines));
    TRY(figure_call(figure, "plot\nlines\n-W0.4p,90\n-N"));
    TRY(diagram_labels_draw(figure, &labels, false));
    TRY(figure_file(figure, "lines", &lines));
    TRY(diagram_labels_begin(figure, &labels));
    TRY(write_labels(layout, layout->group, layout->group_order, flux->group_count, name_of_group,
                     MIDDLE + NODE, MIDDLE + NODE + 0.2, "LM", total, labels, lines));
    TRY(figure_file_close(figure, &lines));
    TRY(diagram_labels_draw(figure, &labels, true));
done:
    return status;
}

enum status diagram_flux(struct figure *figure, const struct diagram_flux *flux)
{
    enum status status;
    struct layout layout = {0};
    FILE *labels = NULL;
    TRY(layout_create(flux, &layout));
    if (layout.count == 0) {
        TRY(chart_nothing(figure, flux->title));
        goto done;
    }
    TRY(figure_call(figure, "basemap\n-R0/%g/0/%.6g\n-JX%gc/%.6gc\n-B+n", WIDTH, layout.height,
                    WIDTH, layout.height));
    TRY(draw_ribbons(figure, &layout));
    TRY(draw_nodes(figure, &layout));
    TRY(draw_labels(figure, &layout));
    TRY(diagram_labels_begin(figure, &labels));
    diagram_label(labels, WIDTH / 2, layout.height + 1.1, "12p,Helvetica-Bold,black", "CB",
                  flux->title);
    TRY(diagram_labels_draw(figure, &labels, false));
done:
    layout_clear(&layout);
    return status;
}
