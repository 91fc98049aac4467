# Does 6 shares of large and merges them. After a failure run it again: shares that are done are not done again.
# On several machines with this folder in common, each takes some of the numbers (`seq 1 3`, `seq 4 6`) and leaves out
# the merge; one of them merges when all are done.
seq 6 | xargs -P 1 -I{} flexmeter forecast scenarios/large.toml --runs 1000 --shares results/large-1.forecast.shares --quiet --shard {}/6 && flexmeter merge results/large-1.forecast.shares
