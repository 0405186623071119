#!/bin/bash -l
# Beijing-Tianjin-Hebei from city means, plants and weather to the report.
#
#   sbatch jobs/real-bth.sh
#
# Account, partition and the like come from the environment (SBATCH_ACCOUNT, SBATCH_PARTITION).
#SBATCH --job-name=airshed-real-bth
#SBATCH --nodes=1
#SBATCH --ntasks-per-node=4
#SBATCH --cpus-per-task=1
#SBATCH --mem=8G
#SBATCH --time=01:00:00
#SBATCH --output=%x-%j.out
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@300
set -euo pipefail
cd "${SLURM_SUBMIT_DIR:-.}"
source jobs/lib.sh

airshed_job run configs/real-bth.yaml "$@"
