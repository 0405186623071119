# Shared by the job scripts: start airshed, wait, checkpoint on USR1, requeue on exit code 75 (C.24).
#
#   source "${SLURM_SUBMIT_DIR:-.}/jobs/lib.sh"
#   airshed_job run configs/demo.yaml
#
# Settings from the environment, none of them needed:
#   AIRSHED           path of the program; default: build/airshed, else the one on PATH
#   AIRSHED_LAUNCHER  srun or mpirun; default: mpirun
#   AIRSHED_RANKS     ranks; default: the tasks of the allocation
#
# A requeued job starts this script from the top, so airshed always gets --resume, which is safe on
# a first run. Where collective writes fail on a parallel file system, try
# OMPI_MCA_io=^ompio; for read-only inputs on a file system without locks,
# HDF5_USE_FILE_LOCKING=FALSE (C.25).

airshed_program() {
  if [[ -n ${AIRSHED:-} ]]; then
    echo "$AIRSHED"
  elif [[ -x build/airshed ]]; then
    echo build/airshed
  else
    command -v airshed
  fi
}

# The launcher with its rank count. Cores come from the allocation, never from the machine.
airshed_launcher() {
  local ranks="${AIRSHED_RANKS:-${SLURM_NTASKS:-1}}"
  case "${AIRSHED_LAUNCHER:-mpirun}" in
    srun) echo "srun --ntasks=$ranks --mpi=pmix" ;;
    *) echo "mpirun --bind-to none -np $ranks" ;;
  esac
}

airshed_requeue() {
  if [[ -n ${SLURM_ARRAY_JOB_ID:-} ]]; then
    scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
  else
    scontrol requeue "$SLURM_JOB_ID"
  fi
}

# USR1 may come at any moment, so it is caught from here on; mpirun and srun pass it to the ranks.
airshed_pid='' airshed_asked=''
airshed_checkpoint() {
  airshed_asked=yes
  echo "$(date -u +%FT%TZ) USR1: asking for a checkpoint"
  [[ -z $airshed_pid ]] || kill -USR1 "$airshed_pid" || true
}
trap airshed_checkpoint USR1

# Runs airshed with --resume on all ranks and ends the script with its exit code.
airshed_job() {
  local program launcher code
  program=$(airshed_program) || {
    echo "airshed is not built: run make, or set AIRSHED to its path" >&2
    exit 1
  }
  launcher=$(airshed_launcher)
  echo "$(date -u +%FT%TZ) job ${SLURM_JOB_ID:-none}, life ${SLURM_RESTART_COUNT:-0}: $*"

  # In the background, so that the trap runs at once. A signal ends `wait` before its time.
  # shellcheck disable=SC2086 # the launcher is several words
  $launcher "$program" "$@" --resume &
  airshed_pid=$!
  while :; do
    code=0 airshed_asked=''
    wait "$airshed_pid" || code=$?
    [[ -n $airshed_asked ]] || break
  done

  # 138: the signal came before the launcher or a rank could catch it; nothing is lost either.
  if ((code == 75 || code == 138)) && [[ -n ${SLURM_JOB_ID:-} ]]; then
    airshed_requeue
  fi
  exit "$code"
}
