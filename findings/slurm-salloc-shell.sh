#!/bin/sh
# The shell of `salloc` looks like one of several tasks, and is none.
#
# Slurm 22.05.8 (Debian 12), one node, LaunchParameters=use_interactive_step, with which `salloc` opens its shell on a node.
# A good engineer would guess: a process that has SLURM_STEP_ID and SLURM_PROCID was started by srun as one of SLURM_NTASKS
# tasks, so that a program which finds SLURM_NTASKS=2 may wait for the other one.
# Seen: in the shell of `salloc --ntasks 2` all three are set and say just that (step 4294967290, task 0 of 2), although the
# step has the shell alone. SLURM_STEP_NUM_TASKS says 1. In a step that `srun` starts both numbers are 2; a batch script has
# SLURM_PROCID=0 and SLURM_NTASKS=2 and no step.
#
# Needs Debian 12 on x86-64, apt, dpkg, script; no root. Starts its own controller and node daemon in a folder of its own.
set -eu

folder=$(mktemp -d)
cleanup() {
    for name in slurmd slurmctld; do
        if [ -s "$folder/$name.pid" ]; then kill "$(cat "$folder/$name.pid")" 2>/dev/null || true; fi
    done
    sleep 1
    rm -rf "$folder"
}
trap cleanup EXIT
cd "$folder"

version=22.05.8-4+deb12u3
for package in libslurm38 slurm-client slurm-wlm-basic-plugins slurmctld slurmd; do
    apt-get -q download "$package=$version" >apt.log 2>&1 || { cat apt.log >&2; exit 1; }
done
apt-get -q download liblz4-1 >apt.log 2>&1 || { cat apt.log >&2; exit 1; }
for file in *.deb; do dpkg -x "$file" root; done
libraries=$folder/root/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH="$libraries:$libraries/slurm-wlm"
export PATH="$folder/root/usr/bin:$folder/root/usr/sbin:$PATH"

host=$(hostname -s)
mkdir state spool
cat >slurm.conf <<END
ClusterName=finding
SlurmctldHost=$host(127.0.0.1)
AuthType=auth/none
CredType=cred/none
SlurmctldPort=36827
SlurmdPort=36828
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
PluginDir=$libraries/slurm-wlm
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SlurmdParameters=config_overrides
LaunchParameters=use_interactive_step
NodeName=$host NodeAddr=127.0.0.1 CPUs=4
PartitionName=all Nodes=$host Default=YES State=UP
END
export SLURM_CONF="$folder/slurm.conf"
slurmctld-wlm -L slurmctld.log
slurmd-wlm -d "$folder/root/usr/sbin/slurmstepd-wlm" -L slurmd.log
for _ in $(seq 60); do
    if sinfo -h -o %t 2>/dev/null | grep -q idle; then break; fi
    sleep 1
done
slurmctld-wlm -V

show='env | grep -E "^SLURM_(STEP_ID|PROCID|NTASKS|STEP_NUM_TASKS)=" | sort | tr "\n" " "'
printf '%s; echo; exit\n' "$show >$folder/shell.txt" |
    timeout 120 script -qec "salloc --ntasks 2" /dev/null >salloc.txt 2>&1 || true
timeout 120 salloc --ntasks 2 srun sh -c "$show; echo" >step.txt 2>>salloc.txt
echo "in the shell of salloc: $(cat shell.txt)"
echo "in a step of srun:      $(grep 'PROCID=0' step.txt)"

check() { # FILE VARIABLE=VALUE
    grep -qw "$2" "$1" || { echo "changed: no $2" >&2; exit 1; }
}
check shell.txt SLURM_NTASKS=2
check shell.txt SLURM_PROCID=0
check shell.txt SLURM_STEP_ID=4294967290
check shell.txt SLURM_STEP_NUM_TASKS=1
check step.txt SLURM_NTASKS=2
check step.txt SLURM_STEP_NUM_TASKS=2
echo "as seen before"
