/* airshed -- GPL-3.0-or-later. Quantiles of gamma and beta as polynomials of the normal score.
 *
 * F(t(z)) = Phi(z) gives t' = phi(z) / f(t). Its logarithmic derivative is free of normalising constants
 * (Steinbrecher and Shaw 2008): t'' = -t' (z + t' g(t)), where g = d log f / dt is a - x for gamma and
 * a (1 - x) - b x for beta. Taylor series of t carry it from node to node. An error in F fades where F
 * grows, so that the way leads from both tails to the middle.
 */
#include "quantile_curve_internal.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

enum {
    ORDER = 10, /* of the series: they converge beyond |dz| = 1, (1/8)^11 is 1e-10 */
    NODES = CURVE_PIECES + 1
};

/** t, t', t'' at a normal score. */
struct node {
    double value, slope, bend;
};

/** Both ways at once: lane 0 comes from below, lane 1 from above. */
enum {
    LANES_BOTH = 2
};
typedef double both __attribute__((vector_size(LANES_BOTH * sizeof(double))));

/** Series about a node, found term by term: of t, t', x, dx/dt (x for gamma, x (1 - x) for beta), g and
 *  z + t' g. */
struct series {
    both t[ORDER + 2], slope[ORDER + 1], x[ORDER + 1], rate[ORDER], pull[ORDER], force[ORDER];
};

static both convolve(const both *a, const both *b, int term)
{
    both sum = {0, 0};
    for (int i = 0; i <= term; i++) {
        sum += a[i] * b[term - i];
    }
    return sum;
}

static double start_x(const struct shape_law *law, double t)
{
    return law->is_beta ? 1 / (1 + exp(-t)) : exp(t);
}

static void series_fill(const struct shape_law *law, both z, both t, both slope, struct series *s)
{
    double fall = law->is_beta ? law->a + law->b : 1;
    s->t[0] = t;
    s->slope[0] = slope;
    s->x[0] = (both){start_x(law, t[0]), start_x(law, t[1])};
    for (int k = 0; k < ORDER; k++) {
        s->rate[k] = law->is_beta ? s->x[k] - convolve(s->x, s->x, k) : s->x[k];
        s->pull[k] = (k == 0 ? law->a : 0) - fall * s->x[k];
        s->force[k] = convolve(s->slope, s->pull, k);
        s->force[k] += k == 0 ? z : (both){k == 1, k == 1};
        s->x[k + 1] = convolve(s->slope, s->rate, k) / (double)(k + 1);
        s->slope[k + 1] = -convolve(s->slope, s->force, k) / (double)(k + 1);
        s->t[k + 1] = s->slope[k] / (double)(k + 1);
    }
    s->t[ORDER + 1] = s->slope[ORDER] / (double)(ORDER + 1);
}

/** The sum of a series at @p distance. */
static both series_sum(const both *terms, int order, both distance)
{
    both sum = terms[order];
    for (int k = order - 1; k >= 0; k--) {
        sum = sum * distance + terms[k];
    }
    return sum;
}

static double node_score(int node)
{
    return node / CURVE_PIECES_PER_UNIT - CURVE_END;
}

/** The outermost node: t from its tail, t' from the ratio of the hazards there. */
static struct node end_node(const struct shape_law *law, bool is_upper)
{
    double tail = gsl_cdf_ugaussian_P(-CURVE_END);
    double normal = 0.39894228040143267794 * exp(-0.5 * CURVE_END * CURVE_END);
    double value = shape_law_quantile(law, log(tail), is_upper);
    double slope = normal / tail / exp(shape_law_log_density(law, value) - log(tail));
    return (struct node){value, slope, 0};
}

static void piece_fill(const struct node *a, const struct node *b, int piece,
                       struct quantile_curve *curve)
{
    double h = 1 / CURVE_PIECES_PER_UNIT, rise = b->value - a->value;
    double slope_a = h * a->slope, slope_b = h * b->slope;
    double bend_a = h * h * a->bend, bend_b = h * h * b->bend;
    curve->term[0][piece] = a->value;
    curve->term[1][piece] = slope_a;
    curve->term[2][piece] = 0.5 * bend_a;
    curve->term[3][piece] = 10 * rise - 6 * slope_a - 4 * slope_b - 0.5 * (3 * bend_a - bend_b);
    curve->term[4][piece] =
        -15 * rise + 8 * slope_a + 7 * slope_b + 0.5 * (3 * bend_a - 2 * bend_b);
    curve->term[5][piece] = 6 * rise - 3 * slope_a - 3 * slope_b - 0.5 * (bend_a - bend_b);
}

void quantile_curve_fill(const struct shape_law *law, struct quantile_curve *curve)
{
    struct node nodes[NODES], low = end_node(law, false), high = end_node(law, true);
    const double h = 1 / CURVE_PIECES_PER_UNIT;
    both distance = {h, -h}, t = {low.value, high.value}, slope = {low.slope, high.slope};
    for (int i = 0; i <= CURVE_PIECES / 2; i++) {
        struct series s;
        int other = CURVE_PIECES - i;
        series_fill(law, (both){node_score(i), node_score(other)}, t, slope, &s);
        nodes[other] = (struct node){t[1], slope[1], s.slope[1][1]};
        nodes[i] = (struct node){t[0], slope[0], s.slope[1][0]};
        t = series_sum(s.t, ORDER + 1, distance);
        slope = series_sum(s.slope, ORDER, distance);
    }
    for (int piece = 0; piece < CURVE_PIECES; piece++) {
        piece_fill(&nodes[piece], &nodes[piece + 1], piece, curve);
    }
}
