#!/bin/sh
# Instructions of the engine per neuron update and per synaptic event, counted by valgrind: a change of 1 % shows, on a
# busy machine too. Two lengths of the same run are counted and subtracted, so that start and build drop out.
#
#     bench/kernels/callgrind.sh [network] [ms]          networks: see tiny.py; default vogels_abbott 50
#     PLASTICA_ISA=baseline bench/kernels/callgrind.sh brunel_stdp 20
#
# valgrind knows AVX2 but not AVX-512: counts are those of AVX2 unless PLASTICA_ISA says otherwise.
set -eu
network=${1:-vogels_abbott}
ms=${2:-50}
python=${PYTHON:-python3}
export PLASTICA_ISA="${PLASTICA_ISA:-avx2}"
cd "$(dirname "$0")/../.."
command -v valgrind >/dev/null || { echo "valgrind is not installed" >&2; exit 1; }
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

count() { # count MS: instructions inside the run, updates, events
  valgrind --tool=callgrind --callgrind-out-file="$scratch/$1.out" --collect-atstart=no \
    --toggle-collect='plastica::Simulation<float>::run_thread*' \
    "$python" -m bench.kernels.tiny "$network" "$1" >"$scratch/$1.txt" 2>"$scratch/$1.log" || { tail -5 "$scratch/$1.log" >&2; exit 1; }
  instructions=$(sed -n 's/^totals: *//p' "$scratch/$1.out")
  echo "${instructions:-0} $(cat "$scratch/$1.txt")"
}

long=$((2 * ms))
short_count=$(count "$ms")
long_count=$(count "$long")
echo "$short_count $long_count" | awk -v network="$network" -v isa="$PLASTICA_ISA" '{
  instructions = $4 - $1; updates = $5 - $2; events = $6 - $3
  if (instructions <= 0) { print "no instructions were counted: is the native module stripped of its symbols?"; exit 1 }
  printf "%s, %s: %d instructions, %d updates, %d events: %.2f per update", network, isa, instructions, updates, events, instructions / updates
  if (events > 0) printf ", %.2f per event (all instructions over each)", instructions / events
  print ""
}'
callgrind_annotate "$scratch/$long.out" | sed -n '/Ir/,$p' | cut -c1-160 | head -n 24
