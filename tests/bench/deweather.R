# airshed -- GPL-3.0-or-later. `deweather` as one would write it in R, with stl and lm.fit: either with
# ncdf4 and mclapply, or with terra.
#
#   deweather.R TOOL POLLUTION WEATHER OUTPUT JUMPS
#
# TOOL: ncdf4 or terra; terra interpolates weather on another grid. JUMPS: r (a tenth of the window) or
# every (1). Prints CPU milliseconds a cell from after the loading of packages on, and the versions;
# ends with 77 and the name of what to install where the package is missing.
arguments <- commandArgs(trailingOnly = TRUE)
tool <- arguments[1]
if (!suppressWarnings(suppressMessages(require(tool, character.only = TRUE, quietly = TRUE)))) {
  cat(paste0("r-cran-", tool))
  quit(status = 77)
}
start <- proc.time()
fields <- c("t2m", "tp", "sp", "u10", "v10", "rh")
days <- 3653
jumps <- if (arguments[5] == "r") list() else list(s.jump = 1, t.jump = 1, l.jump = 1)

# statsmodels takes no low-pass window of 365, so that all do with 367.
baseline <- function(series) {
  settings <- c(list(ts(series, frequency = 365), s.window = 7, l.window = 367), jumps)
  parts <- do.call(stl, settings)$time.series
  parts[, "trend"] + parts[, "seasonal"]
}

# Of the seven series of a cell: baseline, deweathered, coefficients, r2, in one vector.
deweather <- function(values) {
  series <- matrix(values, nrow = days)
  pollution <- baseline(series[, 1])
  weather <- apply(series[, -1], 2, baseline)
  fit <- lm.fit(cbind(1, weather), pollution)
  slopes <- fit$coefficients[-1]
  left <- pollution - (weather %*% slopes - sum(colMeans(weather) * slopes))
  r2 <- 1 - sum(fit$residuals^2) / sum((pollution - mean(pollution))^2)
  c(pollution, left, fit$coefficients, r2)
}

parts <- list(baseline = seq_len(days), deweathered = days + seq_len(days), coef = 2 * days + 1:7,
              r2 = 2 * days + 8)

with_ncdf4 <- function(pollution, weather, output) {
  read_cells <- function(file, name) {
    values <- ncvar_get(file, name, collapse_degen = FALSE)
    matrix(values, ncol = days)
  }
  input <- nc_open(pollution)
  met <- nc_open(weather)
  series <- c(list(read_cells(input, "pm25")), lapply(fields, function(name) read_cells(met, name)))
  work <- function(cell) deweather(sapply(series, function(values) values[cell, ]))
  cells <- nrow(series[[1]])
  result <- do.call(rbind, parallel::mclapply(seq_len(cells), work, mc.cores = 1))
  axes <- input$var$pm25$dim
  term <- ncdim_def("term", "", 1:7)
  shapes <- list(baseline = axes, deweathered = axes, coef = c(axes[1:2], list(term)), r2 = axes[1:2])
  variables <- lapply(names(parts), function(name) ncvar_def(name, "1", shapes[[name]], 9.96921e36))
  out <- nc_create(output, variables)
  for (variable in variables) {
    ncvar_put(out, variable, result[, parts[[variable$name]]])
  }
  nc_close(out)
  cells
}

with_terra <- function(pollution, weather, output) {
  pm <- rast(pollution)
  met <- rast(weather)
  if (!compareGeom(pm, met, stopOnError = FALSE, messages = FALSE)) {
    met <- resample(met, pm, method = "bilinear")
  }
  result <- app(c(pm, met), deweather)
  cubes <- sds(lapply(parts[1:2], function(layers) result[[layers]]))
  names(cubes) <- names(parts)[1:2]
  writeCDF(cubes, output, overwrite = TRUE)
  writeRaster(result[[c(parts$coef, parts$r2)]], paste0(output, ".tif"), overwrite = TRUE)
  ncell(pm)
}

cells <- get(paste0("with_", tool))(arguments[2], arguments[3], arguments[4])
ms <- 1e3 * sum((proc.time() - start)[c("user.self", "sys.self")]) / cells
cat(sprintf("%.6g R %s %s %s\n", ms, getRversion(), tool, packageVersion(tool)))
