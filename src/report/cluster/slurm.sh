#!/usr/bin/env bash
# Submits {{ work.shards }} shares of {{ work.title() }} as a Slurm job array and the job that merges them. Prints both job ids.
# Jobs start in the folder in which this script is run: names that are relative are looked for from there.
set -euo pipefail

mkdir -p {{ quoted::shell(work.logs().as_str()) }}

shares=$(sbatch --parsable --job-name={{ quoted::shell(work.title().as_str()) }} --array=1-{{ work.shards }} --requeue --open-mode=append \
  --cpus-per-task={{ allotment.cpus }}{{ self.limits() }} --output={{ self.log("share-%a.log") }} <<'SHARE'
#!/usr/bin/env bash
# One share. Slurm itself requeues it when its node fails. When only the process was killed (SIGKILL, as when
# memory ran out, or a crash: a status of 128 or more), this asks Slurm to, three times at most. Not after
# SIGINT (130) or SIGTERM (143): that is `scancel` or the end of the time limit, and stays ended.
status=0
{{ work.share_line() }} --shard "$SLURM_ARRAY_TASK_ID/{{ work.shards }}" || status=$?
if [ "$status" -ge 128 ] && [ "$status" -ne 130 ] && [ "$status" -ne 143 ] &&
  [ "${SLURM_RESTART_COUNT:-0}" -lt 3 ]; then
  echo "share $SLURM_ARRAY_TASK_ID of {{ work.shards }} ended with status $status; asking Slurm to start it again" >&2
  # By array and task: the last task's own id is that of the whole array.
  scontrol requeue "${SLURM_ARRAY_JOB_ID}_${SLURM_ARRAY_TASK_ID}"
fi
exit "$status"
SHARE
)

merge=$(sbatch --parsable --job-name={{ self.merge_name() }} --dependency="afterok:${shares%%;*}" --kill-on-invalid-dep=yes \
  --cpus-per-task=1{{ self.limits() }} --output={{ self.log("merge.log") }} <<'MERGE'
#!/usr/bin/env bash
{{ work.merge_line() }}
MERGE
)

echo "shares: job ${shares%%;*}, tasks 1 to {{ work.shards }}"
echo "merge: job ${merge%%;*}"
echo "look: squeue --jobs=${shares%%;*},${merge%%;*}"
printf '%s\n' {{ self.look() }} {{ self.printed() }}
