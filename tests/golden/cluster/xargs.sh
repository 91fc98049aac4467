# Does 6 shares of large and merges them. After a failure run it again: shares that are done are not done again.
# On several machines with this folder in common, each takes some of the numbers (`seq 1 3`, `seq 4 6`) and leaves out
# the merge; one of them merges when all are done.
seq 6 | xargs -P "$(nproc)" -I{} flexmeter run scenarios/large.toml --detail charges --seed 5 --shares results/large-5.shares --threads 1 --quiet --shard {}/6 && flexmeter merge results/large-5.shares
