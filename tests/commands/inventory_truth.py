# airshed -- GPL-3.0-or-later. For tests/commands/inventory_truth.sh: known measurements as inventories, and what
# others found for them.
#
#   inventory_truth.py make SHARED FOLDER    gum_h1.yaml, gum_h2.yaml, samples.yaml
#   inventory_truth.py h1 SHARED OUTPUT95 OUTPUT99
#   inventory_truth.py h2 SHARED OUTPUT
#   inventory_truth.py samples SHARED OUTPUT
import csv
import math
import os
import statistics
import sys


def rows_of(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def reference(shared, name):
    return os.path.join(shared, "data", "reference", name)


def number(row, key):
    return float(row[key]) if row[key] not in ("", "NA") else math.nan


# ---- GUM H.1: the end gauge -------------------------------------------------------------------

H1_FAMILIES = {"Normal": "normal", "Rectangular": "uniform", "Arcsine": "arcsine",
               "Not_Specified": "normal"}
H1_UNITS = {"nm": "nm", "1/degC": "1/K", "degC": "K"}
H1_NAMES = {"lambda.s": "gauge", "dbar.lambda": "d", "delta.Cr": "d_random", "delta.Cnr": "d_system",
            "alpha.s": "expansion", "delta.alpha": "expansion_difference", "thetabar": "mean_warmth",
            "Delta": "warmth_cycle", "delta.theta": "warmth_difference"}
H1_FORMULA = ("(gauge * (1 + expansion * (mean_warmth + warmth_cycle - warmth_difference))"
              " + d + d_random + d_system)"
              " / (1 + (expansion + expansion_difference) * (mean_warmth + warmth_cycle)) - nominal")


def make_h1(shared, folder):
    text = "units: nm\nparameters:\n  nominal: {kind: number, units: nm}\n"
    values = "values:\n  - {parameter: nominal, value: 50, unit: mm}\n"
    for row in rows_of(reference(shared, "gum/h1_end_gauge_inputs.csv")):
        name, unit = H1_NAMES[row["quantity"]], H1_UNITS[row["unit"]]
        text += f"  {name}: {{kind: number, units: {unit}}}\n"
        values += (f"  - {{parameter: {name}, value: {row['value']}, unit: {unit}, "
                   f"distribution: {H1_FAMILIES[row['distribution']]}, "
                   f"sd: {row['standard_uncertainty']}}}\n")
    text += values + f"sources:\n  - {{name: length, formula: '{H1_FORMULA}'}}\n"
    with open(os.path.join(folder, "gum_h1.yaml"), "w", encoding="utf-8") as file:
        file.write(text)


# Five standard errors of ours and of the reference, which has 4 million draws: 20 times ours (200,000).
def check_draws(name, got, error, expected):
    room = 5 * error * math.sqrt(1 + 1 / 20)
    assert abs(got - expected) <= room, f"{name}: {got} instead of {expected} within {room}"


def total_of(output, source):
    return [row for row in rows_of(os.path.join(output, "totals.csv"))
            if row["subject"] == "source" and row["name"] == source and row["extent"] == "nation"][0]


def check_h1(shared, output95, output99):
    known = {row["quantity"]: float(row["computed"])
             for row in rows_of(reference(shared, "gum/h1_end_gauge_expected.csv"))}
    row = total_of(output95, "length")
    # The reference is printed with 12 digits, of a length of 5e7 nm that is known to 7e-9.
    assert abs(number(row, "point") - known["length_minus_50mm"]) < 1e-6, row["point"]
    first_order = known["combined_standard_uncertainty_first_order"]
    # That of R takes differences of a length of 5e7 nm, whose roundings are 7e-9 nm, at steps of 1e-4 of a value.
    assert abs(number(row, "propagated_sd") / first_order - 1) < 1e-7, row["propagated_sd"]
    sd = number(row, "sd")
    check_draws("mean", number(row, "mean"), number(row, "mean_error"), known["mc_mean_minus_50mm"])
    # The error of an sd is sd / sqrt(2 n) times what the kurtosis, below 4 here, adds.
    check_draws("sd", sd, sd * math.sqrt(3 / (4 * 200000)), known["mc_sd"])
    for output, low, high in ((output95, "mc_q2.5pct", "mc_q97.5pct"),
                              (output99, "mc_q0.5pct", "mc_q99.5pct")):
        row = total_of(output, "length")
        check_draws(low, number(row, "low"), number(row, "low_error"), known[low])
        check_draws(high, number(row, "high"), number(row, "high_error"), known[high])


# ---- GUM H.2: resistance and reactance --------------------------------------------------------

def read_h2(shared):
    """Means of the readings and a function of two names for covariances of means."""
    rows = rows_of(reference(shared, "gum/h2_impedance_observations.csv"))
    columns = {key: [float(row[key]) for row in rows] for key in ("V", "I", "phi")}
    means = {key: statistics.fmean(column) for key, column in columns.items()}
    count = len(rows)

    def covariance(a, b):
        return sum((x - means[a]) * (y - means[b])
                   for x, y in zip(columns[a], columns[b])) / (count - 1) / count

    return columns, means, covariance


def second_order(shared, name):
    """What the mean of V / I g(phi) differs from its value at the means by: half the trace of its second derivatives
    with the covariances."""
    _, means, covariance = read_h2(shared)
    v, i, phi = means["V"], means["I"], means["phi"]
    g, first, second = {"R": (math.cos(phi), -math.sin(phi), -math.cos(phi)),
                        "X": (math.sin(phi), math.cos(phi), -math.sin(phi)), "Z": (1, 0, 0)}[name]
    return (-g / i ** 2 * covariance("V", "I") + v * g / i ** 3 * covariance("I", "I")
            + first / i * covariance("V", "phi") - v * first / i ** 2 * covariance("I", "phi")
            + v * second / i / 2 * covariance("phi", "phi"))


def make_h2(shared, folder):
    columns, means, covariance = read_h2(shared)
    # Ranks of normal scores with the correlation of the means (Pearson 1907).
    matrix = [[1.0 if a == b else
               6 / math.pi * math.asin(covariance(a, b) /
                                       math.sqrt(covariance(a, a) * covariance(b, b)) / 2)
               for b in columns] for a in columns]
    text = ("units: ohm\nparameters:\n  V: {units: V}\n  I: {units: A}\n  phi: {units: '1'}\nvalues:\n")
    for key, unit in (("V", "V"), ("I", "A"), ("phi", "1")):
        text += (f"  - {{parameter: {key}, value: {means[key]!r}, unit: '{unit}', "
                 f"distribution: normal, sd: {math.sqrt(covariance(key, key))!r}}}\n")
    text += ("sources:\n"
             "  - {name: R, category: r, receptor: a, formula: V / I * cos(phi)}\n"
             "  - {name: X, category: x, receptor: a, formula: V / I * sin(phi)}\n"
             "  - {name: Z, category: z, receptor: b, formula: V / I}\n"
             "correlations:\n")
    for name, method in (("gum_h2.yaml", "iman-conover"), ("gum_h2_copula.yaml", "gaussian-copula")):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text + f"  - {{parameters: [V, I, phi], method: {method}, matrix: {matrix!r}}}\n")


def check_h2(shared, output):
    known = {row["quantity"]: float(row["computed"])
             for row in rows_of(reference(shared, "gum/h2_impedance_expected.csv"))}
    for name in "RXZ":
        row = total_of(output, name)
        expected, u = known[name], known[f"u({name})"]
        assert abs(number(row, "point") / expected - 1) < 1e-12, row["point"]
        assert abs(number(row, "propagated_sd") / u - 1) < 1e-9, row["propagated_sd"]
        # The model bends: its second order moves the mean by some 2e-3 of u, what follows by the square of that. A
        # standard error of ten randomisations is 24 % uncertain itself.
        check_draws(name, number(row, "mean"), 2 * number(row, "mean_error") + 1e-5 * u,
                    expected + second_order(shared, name))
        check_draws(f"u({name})", number(row, "sd"), u / math.sqrt(2 * 200000), u)
        assert abs(number(row, "high") - number(row, "low") - 2 * 1.959964 * u) < \
            5 * math.hypot(number(row, "low_error"), number(row, "high_error"))
    # R + X is the receptor a: its variance holds their correlation.
    row = [row for row in rows_of(os.path.join(output, "totals.csv"))
           if row["subject"] == "receptor" and row["name"] == "a"][0]
    both = math.sqrt(known["u(R)"] ** 2 + known["u(X)"] ** 2
                     + 2 * known["r(R;X)"] * known["u(R)"] * known["u(X)"])
    assert abs(number(row, "propagated_sd") / both - 1) < 1e-9, row["propagated_sd"]
    check_draws("u(R + X)", number(row, "sd"), both / math.sqrt(2 * 200000), both)


# ---- samples: fits of fitdistrplus, intervals of boot -----------------------------------------

METALS = ("Pb", "As", "Cr")


def make_samples(shared, folder):
    rows = rows_of(os.path.join(shared, "data", "coal_metals", "coal_content_by_province.csv"))
    with open(os.path.join(folder, "samples.csv"), "w", encoding="utf-8") as file:
        file.write("species,value\n")
        for row in rows:
            file.writelines(f"{metal},{row[metal]}\n" for metal in METALS)
    with open(os.path.join(folder, "samples.yaml"), "w", encoding="utf-8") as file:
        file.write("units: ug/g\nspecies: [Pb, As, Cr]\n"
                   "parameters:\n  content: {units: ug/g, by: [species]}\n"
                   "tables:\n  - {file: samples.csv, set: {parameter: content, unit: ug/g}, samples: mean}\n"
                   "sources:\n  - {name: coal, formula: content}\n")


def check_fits(shared, output):
    families = {"norm": "normal", "lnorm": "lognormal", "gamma": "gamma", "weibull": "weibull"}
    names = {"mean": "mean", "sd": "sd", "meanlog": "meanlog", "sdlog": "sdlog", "shape": "shape",
             "scale": "scale", "rate": "scale"}
    fits = {(row["keys"].split(", ")[0], row["family"]): row
            for row in rows_of(os.path.join(output, "fits.csv")) if row["method"] == "likelihood"}
    checked = 0
    for row in rows_of(reference(shared, "bootstrap/distribution_fits_expected.csv")):
        metal = row["dataset"].split()[-1]
        if metal not in METALS:
            continue
        own = fits[metal, families[row["distribution"]]]
        parameters = dict(part.split("=") for part in own["distribution"].rstrip(")").split("(")[1].split(", "))
        value = float(parameters[names[row["parameter"]]])
        value = 1 / value if row["parameter"] == "rate" else value
        # R's optimiser stops where the likelihood changes by less than 1e-8 of itself, 1e-6, so that ours may be
        # better by as much and more; a parameter is off by the square root of that in standard errors, which
        # are a tenth of the value: 1e-3 of it at most.
        assert abs(value / number(row, "estimate") - 1) < 1e-3, (metal, row["parameter"], value)
        better = number(own, "log_likelihood") - number(row, "loglik")
        assert -1e-7 < better < 1e-5, (metal, row["distribution"], better)
        for distance in ("ks", "ad", "cvm"):
            assert abs(number(own, distance) / number(row, distance) - 1) < 2e-3, (metal, distance, own)
        checked += 1
    assert checked == 24, checked
    for metal in METALS:
        chosen = [row for key, row in fits.items() if key[0] == metal and row["chosen"] == "yes"]
        rivals = [row for key, row in fits.items() if key[0] == metal and row["aicc"]
                  and number(row, "p_ks") >= 0.05 and not number(row, "p_ad") < 0.05]
        assert len(chosen) == 1, metal
        assert number(chosen[0], "aicc") == min(number(row, "aicc") for row in rivals), metal


def check_bootstrap(shared, output):
    known = [row for row in rows_of(reference(shared, "bootstrap/bootstrap_intervals_expected.csv"))
             if row["statistic"].startswith("coal Pb")][0]
    own = [row for row in rows_of(os.path.join(output, "bootstrap.csv"))
           if row["keys"].startswith("Pb") and row["statistic"] == "mean"][0]
    assert abs(number(own, "estimate") / number(known, "t0") - 1) < 1e-9
    # 20,000 replicates beside 200,000 of R.
    for mine, other in (("low", "perc_lo"), ("high", "perc_hi"), ("bca_low", "bca_lo"),
                        ("bca_high", "bca_hi")):
        room = 5 * math.sqrt(1.1) * number(own, mine + "_error")
        assert abs(number(own, mine) - number(known, other)) < room, (mine, own[mine], known[other])
    total = total_of(output, "coal")
    assert total["species"] == "Pb"
    # Draws of the mean have the standard error of R's bootstrap: sd / sqrt(2 n) of 10,000 draws, and of
    # 20,000 replicates.
    assert abs(number(total, "sd") / number(known, "se") - 1) < 5 * math.sqrt(1 / 20000 + 1 / 40000)


def check_variability(output):
    rows = [row for row in rows_of(os.path.join(output, "variability.csv"))
            if row["keys"].startswith("Pb")]
    percentiles = [row for row in rows if row["statistic"] == "percentile"]
    assert len(percentiles) == 11
    for key in ("low", "estimate", "high"):
        column = [number(row, key) for row in percentiles]
        assert column == sorted(column), key
    assert all(number(row, "low") <= number(row, "median") <= number(row, "high") for row in rows)
    # What 31 values leave open of their mean: its standard error is sd / sqrt(31), whatever the family; the
    # ends of 1.96 of these are known to 5 % from so many refits.
    mean, sd = ([row for row in rows if row["statistic"] == name][0] for name in ("mean", "sd"))
    half = (number(mean, "high") - number(mean, "low")) / 2
    assert abs(half / (1.959964 * number(sd, "estimate") / math.sqrt(31)) - 1) < 0.1, (mean, sd)


def check_samples(shared, output):
    check_fits(shared, output)
    check_bootstrap(shared, output)
    check_variability(output)


def main():
    what, shared, *rest = sys.argv[1:]
    if what == "make":
        make_h1(shared, rest[0])
        make_h2(shared, rest[0])
        make_samples(shared, rest[0])
    else:
        {"h1": check_h1, "h2": check_h2, "samples": check_samples}[what](shared, *rest)


main()
