#!/usr/bin/env bash
# Submits 6 shares of large as a Slurm job array and the job that merges them. Prints both job ids.
# Jobs start in the folder in which this script is run: names that are relative are looked for from there.
set -euo pipefail

mkdir -p results/large-1.shares/logs

shares=$(sbatch --parsable --job-name=large --array=1-6 --requeue --open-mode=append \
  --cpus-per-task=4 --mem=2G --time=2:00:00 --partition=long --output=results/large-1.shares/logs/share-%a.log <<'SHARE'
#!/usr/bin/env bash
# One share. Slurm itself requeues it when its node fails. When only the process was killed (SIGKILL, as when
# memory ran out, or a crash: a status of 128 or more), this asks Slurm to, three times at most. Not after
# SIGINT (130) or SIGTERM (143): that is `scancel` or the end of the time limit, and stays ended.
status=0
flexmeter run scenarios/large.toml --shares results/large-1.shares --threads 4 --quiet --shard "$SLURM_ARRAY_TASK_ID/6" || status=$?
if [ "$status" -ge 128 ] && [ "$status" -ne 130 ] && [ "$status" -ne 143 ] &&
  [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then
  echo "share $SLURM_ARRAY_TASK_ID of 6 ended with status $status; asking Slurm to start it again" >&2
  # By array and task: the last task's own id is that of the whole array.
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
fi
exit "$status"
SHARE
)

merge=$(sbatch --parsable --job-name=large-merge --dependency="afterok:${shares%%;*}" --kill-on-invalid-dep=yes \
  --cpus-per-task=1 --mem=2G --time=2:00:00 --partition=long --output=results/large-1.shares/logs/merge.log <<'MERGE'
#!/usr/bin/env bash
flexmeter merge results/large-1.shares --out results/large
MERGE
)

echo "shares: job ${shares%%;*}, tasks 1 to 6"
echo "merge: job ${merge%%;*}"
echo "look: squeue --jobs=${shares%%;*},${merge%%;*}"
printf '%s\n' 'look: flexmeter merge --status results/large-1.shares' 'what the merge prints: results/large-1.shares/logs/merge.log'
