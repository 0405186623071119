# airshed -- GPL-3.0-or-later. A private Slurm on this host: munge, a controller, four nodes.
#
#   cluster_missing        says what is missing for it; silent where it can be started
#   cluster_start FOLDER   starts it below FOLDER and sets SLURM_CONF
#   cluster_stop           ends its jobs and daemons
#   job_submit ARG...      sbatch ARG..., with "${via[@]}" before it; leaves job_id
#   job_await ID [STATE]   waits until the job has ended, or is in STATE; fails after limit_s
#   job_end ID             how the job ended: state and exit code, as "COMPLETED 0:0"
#
# Nodes n1 to n4 each claim 4 processors whatever the host has; jobs over several of them talk TCP.

nodes=(n1 n2 n3 n4)
cluster=''
via=()

cluster_missing() {
  local program
  (($(id -u) == 0)) || echo "root is needed to start slurmd"
  for program in munged slurmctld slurmd sbatch; do
    command -v "$program" >/dev/null || echo "$program is not installed (make deps)"
  done
  getent hosts "$(hostname)" >/dev/null || echo "the host name $(hostname) does not resolve"
}

cluster_configure() {
  local host port=$((20000 + RANDOM % 20000)) node
  host=$(hostname)
  cat <<CONF
ClusterName=airshed
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$port
AuthType=auth/munge
AuthInfo=socket=$cluster/munge/sock
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$cluster/state
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmctldLogFile=$cluster/log/slurmctld.log
SlurmdPidFile=$cluster/slurmd.%n.pid
SlurmdLogFile=$cluster/log/slurmd.%n.log
SlurmdSpoolDir=$cluster/spool.%n
TmpFS=$cluster/tmp.%n
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc=$cluster/log/jobcomp.txt
SwitchType=switch/none
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
MpiDefault=pmix
ReturnToService=2
SlurmdTimeout=30
KillWait=5
MinJobAge=300
JobRequeue=1
SlurmdParameters=config_overrides
PartitionName=main Nodes=ALL Default=YES MaxTime=60 State=UP
CONF
  for node in "${nodes[@]}"; do
    port=$((port + 1))
    echo "NodeName=$node NodeHostname=$host NodeAddr=127.0.0.1 Port=$port CPUs=4 RealMemory=64000"
  done
}

cluster_start() {
  local node
  cluster=$1
  mkdir -p "$cluster"/{state,log,munge}
  for node in "${nodes[@]}"; do mkdir -p "$cluster/spool.$node" "$cluster/tmp.$node"; done
  chmod 755 "$cluster" "$cluster/munge"
  (umask 077 && head -c 128 /dev/urandom >"$cluster/munge/key")
  cluster_configure >"$cluster/slurm.conf"
  export SLURM_CONF="$cluster/slurm.conf"

  munged --force --key-file="$cluster/munge/key" --socket="$cluster/munge/sock" \
    --pid-file="$cluster/munge/pid" --log-file="$cluster/log/munged.log" \
    --seed-file="$cluster/munge/seed" || return 1
  slurmctld -f "$SLURM_CONF" || return 1
  for node in "${nodes[@]}"; do slurmd -f "$SLURM_CONF" -N "$node" || return 1; done
  await 30 nodes_are_idle
}

nodes_are_idle() {
  (($(sinfo -h -N -t idle 2>/dev/null | wc -l) == ${#nodes[@]}))
}

# await SECONDS COMMAND...: until the command succeeds.
await() {
  local end=$((SECONDS + $1))
  shift
  until "$@"; do
    ((SECONDS < end)) || return 1
    sleep 0.1
  done
}

no_jobs_are_left() {
  [[ -z $(squeue -h 2>/dev/null) ]]
}

daemons() {
  cat "$cluster"/slurmd.*.pid "$cluster/slurmctld.pid" "$cluster/munge/pid" 2>/dev/null
}

cluster_stop() {
  local pid pids
  [[ -n $cluster ]] || return 0
  scancel --user=root --quiet 2>/dev/null
  await 20 no_jobs_are_left
  pids=$(daemons)
  # shellcheck disable=SC2086 # one word for each daemon
  kill $pids 2>/dev/null
  for pid in $pids; do
    await 10 process_is_gone "$pid" || kill -9 "$pid" 2>/dev/null
  done
  cluster=''
}

process_is_gone() {
  ! kill -0 "$1" 2>/dev/null
}

job_submit() {
  last_run="sbatch $*"
  job_id=$("${via[@]}" sbatch --parsable "$@" 2>"$err")
  exit_code=$?
}

job_state() {
  scontrol -o show job "$1" 2>/dev/null | sed -nE 's/.* JobState=([A-Z_]+) .*/\1/p' | sort -u
}

job_is() {
  local states
  states=$(job_state "$1")
  if [[ -n ${2:-} ]]; then
    [[ $states == "$2" ]]
  else
    ! grep -qE 'PENDING|RUNNING|COMPLETING|CONFIGURING|REQUEUE|SUSPENDED' <<<"$states"
  fi
}

job_await() {
  await "$limit_s" job_is "$@"
}

# One line for each task of an array, once each.
job_end() {
  scontrol -o show job "$1" |
    sed -nE 's/.* JobState=([A-Z_]+) .* ExitCode=([0-9:]+) .*/\1 \2/p' | sort -u
}
