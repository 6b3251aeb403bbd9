# Alarms of R's surveillance package for the series in series.csv, as recorded in surveillance.json.
# Run here:  Rscript record.R   (Debian: apt-get install r-cran-surveillance)
suppressMessages(library(surveillance))

series <- read.csv("series.csv", stringsAsFactors = FALSE)
number <- function(x) ifelse(is.na(x), "null", ifelse(is.infinite(x), "null", trimws(formatC(x, digits = 9, format = "g"))))
column <- function(name, x) sprintf("\"%s\": [%s]", name, paste(number(as.numeric(x)), collapse = ", "))

farrington <- function(sts, ...) {
  steps <- list(...)
  found <- suppressWarnings(farringtonFlexible(sts, control = c(steps, list(glmWarnings = FALSE))))
  paste(column("step", steps$range), column("alarm", alarms(found)), column("upper", upperbound(found)),
        column("expected", found@control$expected), column("phi", found@control$phiVector),
        column("trend", found@control$trend), sep = ",\n      ")
}

ears <- function(sts, method) {
  found <- earsC(sts, control = list(method = method))
  paste(column("step", found@control$range), column("alarm", alarms(found)), column("upper", upperbound(found)),
        sep = ",\n      ")
}

blocks <- c()
for (name in unique(series$series)) {
  own <- series[series$series == name, ]
  frequency <- own$frequency[1]
  sts <- sts(observed = own$count, frequency = frequency, start = c(2000, 1))
  n <- nrow(own)
  said <- c()
  if (frequency == 7) {
    first <- 6 * 7 + 1 + 1
    said["farrington days"] <- farrington(sts, range = first:n, b = 6, w = 1, noPeriods = 1, alpha = 0.01,
      pastWeeksNotIncluded = 2, limit54 = c(3, 1), thresholdMethod = "delta")
    said["farrington days nb"] <- farrington(sts, range = first:n, b = 6, w = 1, noPeriods = 1, alpha = 0.01,
      pastWeeksNotIncluded = 2, limit54 = c(3, 1), thresholdMethod = "nbPlugin")
  } else {
    first <- 5 * 52 + 3 + 1
    said["farrington weeks"] <- farrington(sts, range = first:n, b = 5, w = 3, noPeriods = 1, alpha = 0.05,
      thresholdMethod = "delta")
    said["farrington weeks periods"] <- farrington(sts, range = first:n, b = 5, w = 3, noPeriods = 10, alpha = 0.01,
      pastWeeksNotIncluded = 26, thresholdMethod = "nbPlugin")
  }
  for (method in c("C1", "C2", "C3")) said[paste("ears", method)] <- ears(sts, method)
  parts <- paste0("    \"", names(said), "\": {\n      ", said, "\n    }")
  blocks <- c(blocks, paste0("  \"", name, "\": {\n", paste(parts, collapse = ",\n"), "\n  }"))
}
versions <- sprintf("  \"versions\": {\"surveillance\": \"%s\", \"R\": \"%s\"}",
                    packageVersion("surveillance"), R.version.string)
writeLines(paste0("{\n", paste(c(versions, blocks), collapse = ",\n"), "\n}"), "surveillance.json")
