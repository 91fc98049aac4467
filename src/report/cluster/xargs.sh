# Does {{ work.shards }} shares of {{ work.title() }} and merges them. After a failure run it again: shares that are done are not done again.
# On several machines with this folder in common, each takes some of the numbers (`seq 1 3`, `seq 4 6`) and leaves out
# the merge; one of them merges when all are done.
seq {{ work.shards }} | xargs -P {% if let Some(jobs) = jobs %}{{ jobs }}{% else %}"$(nproc)"{% endif %} -I{{ self.number() }} {{ work.share_line() }} --shard {{ self.number() }}/{{ work.shards }} && {{ work.merge_line() }}
