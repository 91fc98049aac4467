# A real Slurm of one node for as long as a script runs, on loopback and in a folder of its own; to be sourced.
#
# `slurm_start FOLDER` brings it up and makes sbatch and the like talk to it; `slurm_stop` ends all that it started.
# Whoever may run a process may run it: no root, no systemd, no cgroups, nothing of a Slurm that is already there.
# shellcheck shell=bash

slurm_daemons=()

slurm_start() {
  slurm=$1
  mkdir -p "$slurm"/{munge,state,spool,log}
  # What an earlier Slurm left in the environment would go into every job.
  unset "${!SLURM_@}" "${!SBATCH_@}"
  export SLURM_CONF=$slurm/slurm.conf
  slurm_configuration >"$SLURM_CONF"

  (umask 077 && head -c 1024 /dev/urandom >"$slurm/munge/key")
  local munge=(--key-file="$slurm/munge/key" --socket="$slurm/munge/socket" --seed-file="$slurm/munge/seed")
  # Forced: it wants a socket that all who use the machine can reach, and here one is enough.
  slurm_daemon munged --force --foreground "${munge[@]}" --pid-file="$slurm/munge/pid"
  wait_for 30 "munged's socket" test -S "$slurm/munge/socket"
  slurm_daemon slurmctld -D -c
  slurm_daemon slurmd -D -N loopback
  wait_for 60 "Slurm's node to be idle" slurm_is_idle
}

# The least that runs jobs here, and what makes the proof quick: all of it an administrator's to choose.
slurm_configuration() {
  local host user controller node
  host=$(hostname -s) user=$(id -un) controller=$(free_port) node=$(free_port)
  while [ "$node" = "$controller" ]; do node=$(free_port); done
  cat <<CONFIGURATION
ClusterName=flexmeter-test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$controller
SlurmdPort=$node
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
CredType=cred/munge
# A requeued job waits until no credential of its first start can be valid any more: 120 s unless told.
AuthInfo=socket=$slurm/munge/socket,cred_expire=15
StateSaveLocation=$slurm/state
SlurmdSpoolDir=$slurm/spool
SlurmctldPidFile=$slurm/slurmctld.pid
SlurmdPidFile=$slurm/slurmd.pid
SlurmctldLogFile=$slurm/log/slurmctld
SlurmdLogFile=$slurm/log/slurmd
# By process group, which needs no cgroups and also finds what a job script left behind.
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
KillWait=5
# Jobs are asked about once all are done.
MinJobAge=86400
SchedulerParameters=sched_interval=1,batch_sched_delay=0
NodeName=loopback NodeHostname=$host NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONFIGURATION
}

# A port that nothing listens at, below those which the system hands out itself.
free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}

slurm_daemon() {
  # In a session of its own, or Ctrl-C would end it before the jobs are cancelled.
  setsid "$@" >"$slurm/log/$1.out" 2>&1 &
  slurm_daemons=("$!" "${slurm_daemons[@]}")
}

slurm_is_idle() {
  [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ]
}

slurm_has_no_jobs() {
  local jobs
  jobs=$(squeue --noheader --format=%i 2>/dev/null) && [ -z "$jobs" ]
}

# Cancels all jobs and waits until they are gone.
slurm_cancel() {
  local jobs
  jobs=$(squeue --noheader --format=%A 2>/dev/null) || return 0
  xargs --no-run-if-empty scancel <<<"$jobs" || true
  wait_for 60 "cancelled jobs to end" slurm_has_no_jobs
}

# Ends the jobs and then the daemons, last started first.
slurm_stop() {
  [ ${#slurm_daemons[@]} -gt 0 ] || return 0
  slurm_cancel || true
  local daemon
  for daemon in "${slurm_daemons[@]}"; do
    kill "$daemon" 2>/dev/null || true
    wait "$daemon" 2>/dev/null || true
  done
  slurm_daemons=()
}

# slurm_job JOB FIELD: what Slurm says of a job, as Restarts or JobState.
slurm_job() {
  scontrol --oneliner show job "$1" | tr ' ' '\n' | sed -n "s/^$2=//p"
}

slurm_logs() {
  local log
  for log in "$slurm"/log/*; do
    # What is printed is in the log as well, once there is one.
    if [[ ! -s $log || ($log = *.out && -s ${log%.out}) ]]; then continue; fi
    echo "--- ${log##*/}, the end"
    tail -n 40 "$log"
  done
}

# wait_for SECONDS WHAT COMMAND...: until the command succeeds; says what was waited for when it does not in time.
wait_for() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@"; do
    if [ "$SECONDS" -ge "$end" ]; then
      echo "waited in vain for $what" >&2
      return 1
    fi
    sleep 0.1
  done
}
