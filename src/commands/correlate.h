/* airshed -- GPL-3.0-or-later. correlate: what its forms share. */
#ifndef AIRSHED_COMMANDS_CORRELATE_H
#define AIRSHED_COMMANDS_CORRELATE_H

#include "flow/job.h"

/** Columns of two tables, paired row by row. Collective. */
enum status correlate_tables(struct job *job);

#endif
