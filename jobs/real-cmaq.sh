#!/bin/bash -l
# Background of a transport model's January over China, by kriging and by networks.
#
#   sbatch jobs/real-cmaq.sh
#
# Account, partition and the like come from the environment (SBATCH_ACCOUNT, SBATCH_PARTITION).
#SBATCH --job-name=airshed-real-cmaq
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

airshed_job run configs/real-cmaq.yaml "$@"
