#!/bin/bash -l
# Ten years of daily sea-level pressure: decomposition and trend.
#
#   sbatch jobs/real-ncep.sh
#
# Account, partition and the like come from the environment (SBATCH_ACCOUNT, SBATCH_PARTITION).
#SBATCH --job-name=airshed-real-ncep
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=4
#SBATCH --cpus-per-task=1
#SBATCH --mem=4G
#SBATCH --time=00:30:00
#SBATCH --output=%x-%j.out
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@300
set -euo pipefail
cd "${SLURM_SUBMIT_DIR:-.}"
source jobs/lib.sh

airshed_job run configs/real-ncep.yaml "$@"
