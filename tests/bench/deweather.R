# airshed -- GPL-3.0-or-later. `deweather` as one would write it in R: ncdf4, mclapply, stl, lm.
# Arguments: pollution cube, weather cube on the same grid, output, cores.
library(ncdf4)
library(parallel)

arguments <- commandArgs(trailingOnly = TRUE)
fields <- c("t2m", "tp", "sp", "u10", "v10", "rh")

baseline <- function(series) {
  parts <- stl(ts(series, frequency = 365), s.window = 7)$time.series
  parts[, "trend"] + parts[, "seasonal"]
}

deweather <- function(cell) {
  pollution <- baseline(pm[cell, ])
  weather <- sapply(met, function(field) baseline(field[cell, ]))
  fit <- lm.fit(cbind(1, weather), pollution)
  slopes <- fit$coefficients[-1]
  c(pollution - (weather %*% slopes - sum(colMeans(weather) * slopes)), fit$coefficients)
}

read_cells <- function(file, name) {
  values <- ncvar_get(file, name)
  matrix(values, ncol = dim(values)[3])
}

input <- nc_open(arguments[1])
pm <- read_cells(input, "pm25")
shape <- input$var$pm25$varsize
dimensions <- input$var$pm25$dim
weather <- nc_open(arguments[2])
met <- lapply(fields, function(name) read_cells(weather, name))
result <- mclapply(seq_len(nrow(pm)), deweather, mc.cores = as.integer(arguments[4]))
days <- shape[3]
left <- t(sapply(result, function(r) r[seq_len(days)]))
out <- nc_create(arguments[3], ncvar_def("deweathered", "ug m-3", dimensions, 9.96921e36), force_v4 = FALSE)
ncvar_put(out, "deweathered", array(left, shape))
nc_close(out)
