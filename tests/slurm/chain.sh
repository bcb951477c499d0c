#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# examples/slurm on a real Slurm with two virtual nodes, against the simulator: the planted world
# as an array of four parts, whose tasks are hit in their middle: one node dies under its tasks
# (killed, requeued), the tasks of the other are preempted (USR1, exit 75, requeued). The joined
# set must export the bytes of the undivided run, with no question asked anew of what a ledger held.
#
#   chain.sh BUILD     77: Slurm cannot be installed or started here. Run by make check-all.
[ "$(id -u)" = 0 ] || { echo "skip: a test cluster takes root"; exit 77; }
if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
	apt-get install -y -qq --no-install-recommends slurm-wlm munge >/dev/null 2>&1 ||
		{ echo "skip: slurm-wlm and munge cannot be installed"; exit 77; }
fi
. "$(dirname "$0")/../e2e/lib.sh"

# ---- a cluster of two nodes on this machine, without systemd or accounting ----

cluster=$work/cluster
node_cpus=2
mkdir -p "$cluster/state" "$cluster/log"
host=$(hostname -s)
cat >"$cluster/slurm.conf" <<CONF
ClusterName=capqa
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16917
AuthType=auth/munge
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$cluster/state
SlurmdSpoolDir=$cluster/spool.%n
SlurmctldPidFile=$cluster/slurmctld.pid
SlurmdPidFile=$cluster/slurmd.%n.pid
SlurmctldLogFile=$cluster/log/slurmctld.log
SlurmdLogFile=$cluster/log/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0,requeue_delay=0
MpiDefault=none
SwitchType=switch/none
ReturnToService=1
KillWait=5
RequeueExit=75
NodeName=n[1-2] NodeHostname=$host NodeAddr=127.0.0.1 Port=[17101-17102] CPUs=$node_cpus State=UNKNOWN
PartitionName=main Nodes=n[1-2] Default=YES MaxTime=INFINITE State=UP
CONF
if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then
	printf 'CgroupPlugin=cgroup/v2\nIgnoreSystemd=yes\n'
else
	echo 'CgroupPlugin=cgroup/v1'
fi >"$cluster/cgroup.conf"
export SLURM_CONF="$cluster/slurm.conf"
[ -s /etc/munge/munge.key ] || mungekey
install -d -o munge -g munge -m 0755 /run/munge
munge -n 2>/dev/null | unmunge >/dev/null 2>&1 || runuser -u munge -- munged
cluster_down() {
	scancel -u root 2>/dev/null
	for file in "$cluster"/slurmd.*.pid "$cluster"/slurmctld.pid; do
		[ -s "$file" ] && kill "$(cat "$file")" 2>/dev/null
	done
	wait_for no_daemons
	clean_up
}
no_daemons() { ! ls "$cluster"/*.pid >/dev/null 2>&1; }
trap cluster_down EXIT
slurmctld 2>slurm.err && slurmd -N n1 2>>slurm.err && slurmd -N n2 2>>slurm.err
both_idle() { [ "$(sinfo -h -N -t idle -o %N 2>/dev/null | wc -l)" = 2 ]; }
wait_for both_idle || { tail -5 "$cluster"/log/*.log; echo "skip: Slurm does not start here"; exit 77; }

# ---- the undivided run ----

sim_start --world "$world"
chain_or_die whole
rm -f "$CAPQA_LEDGER"

# ---- the same as an array of four ----

cp -r "$top/examples/slurm" slurm
export PARTS=4 WORK=run AT_ONCE=4
export WRITER="-u @writer.list -m sim-lvlm" BLIND="-u @blind.list -m sim-llm" \
	SIGHT="-u @sight.list -m sim-vl"
for model in writer blind sight; do
	echo "$OPENAI_BASE_URL" >$model.list
done
unset OPENAI_BASE_URL
# Each task proves its server by one request, which is answered when all four have asked theirs;
# every later one is held.
sim_wire '[{"match":{"kind":"generate"},"do":"hold"}]'
sim_reset
slurm/submit.sh images >join.id 2>submit.err || { fail "submit"; cat submit.err; exit 1; }
generate_id=$(squeue -h -r -o '%F %j' | awk '$2 == "capqa-generate" { print $1; exit }')
running() { [ "$(squeue -h -r -j "$generate_id" -t R -o %K 2>/dev/null | wc -l)" = 4 ]; }
holds "four parts run at once" wait_for running
first_of_all() { [ "$(stat_of in_flight)" = 4 ]; }
holds "each asks its first question" wait_for first_of_all
must curl -sf -o sim.answer -X POST "$sim/sim/release"
all_stand() { asked_at_least 8; }
holds "and they stand still in their middle" wait_for all_stand
on_n1=$(squeue -h -r -j "$generate_id" -w n1 -o %K | tr '\n' ' ')
on_n2=$(squeue -h -r -j "$generate_id" -w n2 -o %K | tr '\n' ' ')

must scontrol update nodename=n1 state=down reason=test
dead() { ! squeue -h -r -j "$generate_id" -t R -o %N | grep -q n1; }
holds "the node of parts $on_n1 dies" wait_for dead
for part in $on_n2; do
	must scancel -s USR1 --batch "${generate_id}_$part"
done
none_running() { [ "$(squeue -h -r -j "$generate_id" -t R -o %K | wc -l)" = 0 ]; }
holds "parts $on_n2 are preempted" wait_for none_running
is "all four wait in the queue" "$(squeue -h -r -j "$generate_id" -o %K | wc -l)" 4
before=$(for part in 0 1 2 3; do committed run/parts/ledgers/part-$part.db; done |
	awk '{ n += $1 } END { print n }')
is "what was answered is in the parts' ledgers" "$before" 4
sim_wire '[]'
sim_reset
must scontrol update nodename=n1 state=resume
for part in 0 1 2 3; do
	scontrol update jobid="${generate_id}_$part" StartTime=now 2>/dev/null
done

join=$(cat join.id)
# Dependencies are looked at now and then, so this takes longer than 20 s.
turns=3000
while [ -n "$(squeue -h -j "$join" -o %i 2>/dev/null)" ] && [ $turns -gt 0 ]; do
	turns=$((turns - 1))
	sleep 0.05
done
state=$(scontrol show job "$join" | sed -n 's/.*JobState=\([A-Z]*\).*/\1/p')
is "the join is done" "$state" COMPLETED
[ "$state" = COMPLETED ] || { squeue; tail -n 5 run/logs/join.log; }
for file in $(cd whole/dataset && find . -type f | sort); do
	same "export: $file" "whole/dataset/$file" "run/dataset/$file"
done
asked=$(stat_of generate)
images=$(sqlite3 run/capqa.db 'SELECT count(*) FROM images')
is "no image was asked about twice" "$asked" $((images - before))
sim_reset
OPENAI_BASE_URL=$sim/v1 CAPQA_LEDGER=run/ledger.db chain again >again.err 2>&1 ||
	{ fail "the chain replays"; cat again.err; }
is "the merged ledger answers everything" "$(stat_of requests)" 0
finish
