# airshed -- GPL-3.0-or-later. R's tools on the data of tests/bench/run.
#
#   peers.R ROW TOOL DATA ANSWERS ITEMS
#
# Prints CPU milliseconds an item, the tool and its version; writes the answers as doubles in the
# order of tests/bench/kernels.c (the leading ones, where the tool gives fewer). Ends with 77 and the
# name of what to install where the tool is missing. Each tool first runs once on part of an item.
steps <- 3653
period <- 365
sites <- 1000

# Arguments of stl() besides the series and s.window = 7.
settings <- list(
  "stl-r" = list(),
  "stl-r-every" = list(s.jump = 1, t.jump = 1, l.jump = 1),
  "stl-robust-r" = list(robust = TRUE),
  "stl-robust-every" = list(robust = TRUE, s.jump = 1, t.jump = 1, l.jump = 1),
  "stl-statsmodels" = list(s.degree = 1, l.window = 367, s.jump = 1, t.jump = 1, l.jump = 1, inner = 5),
  "stl-robust" = list(s.degree = 1, l.window = 367, s.jump = 1, t.jump = 1, l.jump = 1, robust = TRUE,
                      inner = 2, outer = 15))

measure <- function(work, items, part) {
  work(part)
  start <- proc.time()
  answers <- lapply(items, work)
  list(ms = spent(start) / length(items), answers = unlist(answers))
}

spent <- function(start) 1e3 * sum((proc.time() - start)[c("user.self", "sys.self")])

series <- function(path, items) {
  values <- matrix(readBin(path, "double", items * steps), nrow = steps)
  lapply(seq_len(items), function(i) values[, i])
}

tool_stl <- function(row, path, items) {
  work <- function(y) {
    parts <- do.call(stl, c(list(ts(y, frequency = period), s.window = 7), settings[[row]]))$time.series
    c(parts[, "trend"], parts[, "seasonal"])
  }
  data <- series(path, items)
  measure(work, data, data[[1]][seq_len(2 * period + 1)])
}

# outer = 1 is the plain fit; R's defaults for the windows, statsmodels' for the rest.
tool_stlplus <- function(row, path, items) {
  work <- function(y) {
    parts <- stlplus::stlplus(y, n.p = period, s.window = 7, s.degree = 1, t.window = 697, t.degree = 1,
                              l.window = 367, l.degree = 1, s.jump = 1, t.jump = 1, l.jump = 1,
                              inner = 5, outer = 1)$data
    c(parts$trend, parts$seasonal)
  }
  data <- series(path, items)
  measure(work, data, data[[1]][seq_len(2 * period + 1)])
}

tool_cor.test <- function(row, path, items) {
  work <- function(y) {
    test <- cor.test(seq_along(y), y, method = "kendall", exact = FALSE, continuity = TRUE)
    c(test$estimate, test$p.value)
  }
  data <- series(path, items)
  measure(work, data, data[[1]][1:500])
}

tool_Kendall <- function(row, path, items) {
  work <- function(y) {
    test <- Kendall::MannKendall(y)
    c(test$tau, test$sl)
  }
  data <- series(path, items)
  measure(work, data, data[[1]][1:500])
}

tool_trend <- function(row, path, items) {
  work <- function(y) {
    slope <- trend::sens.slope(y)
    c(slope$estimates, slope$conf.int)
  }
  data <- series(path, items)
  measure(work, data, data[[1]][1:500])
}

# Ordinary kriging from the 32 nearest sites; exponential model, nugget 0.1, sill 1, range 0.2.
tool_gstat <- function(row, path, items) {
  values <- readBin(path, "double", 3 * sites + 2 * items)
  known <- as.data.frame(t(matrix(values[seq_len(3 * sites)], nrow = 3)))
  names(known) <- c("x", "y", "value")
  targets <- as.data.frame(t(matrix(values[-seq_len(3 * sites)], nrow = 2)))
  names(targets) <- c("x", "y")
  model <- gstat::vgm(0.9, "Exp", 0.2, 0.1)
  work <- function(places) {
    out <- gstat::krige(value ~ 1, ~ x + y, known, places, model, nmax = 32, debug.level = 0)
    rbind(out$var1.pred, out$var1.var)
  }
  result <- measure(work, list(targets), targets[1:100, ])
  list(ms = result$ms / items, answers = result$answers)
}

# Package that must be there, and where it comes from.
packages <- c(stl = "stats", stlplus = "stlplus", cor.test = "stats", Kendall = "Kendall",
              trend = "trend", gstat = "gstat")
debian <- c(stats = "r-base-core", gstat = "r-cran-gstat")

arguments <- commandArgs(trailingOnly = TRUE)
tool <- arguments[2]
package <- packages[[tool]]
if (!requireNamespace(package, quietly = TRUE)) {
  cat(if (package %in% names(debian)) debian[[package]] else paste("R's", package, "is not in Debian"))
  quit(status = 77)
}
result <- get(paste0("tool_", tool))(arguments[1], arguments[3], as.integer(arguments[5]))
writeBin(as.double(result$answers), arguments[4])
version <- as.character(packageVersion(package))
label <- if (package == "stats") paste("R", version, tool) else paste("R", package, version)
cat(sprintf("%.6g %s\n", result$ms, label))
