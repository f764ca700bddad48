#!/bin/sh
# verilate.sh DIR PREFIX SHARDS VERILATOR [ARGS...]: runs Verilator into DIR and joins the C++ it wrote, dealt out in
# turn, into PREFIX__shard0.cpp and so on, with a depfile of every source it read. Called by cmake/VamRtl.cmake only.
set -eu
dir=$1 prefix=$2 shards=$3 verilator=$4
shift 4
rm -f "$dir"/*.cpp "$dir"/*.h "$dir"/*.d
"$verilator" --Mdir "$dir" --prefix "$prefix" --MMD "$@"
cd "$dir"
i=0
while [ "$i" -lt "$shards" ]; do
  : >"shard$i.tmp"
  i=$((i + 1))
done
i=0
for f in "$prefix"*.cpp; do
  printf '#include "%s"\n' "$f" >>"shard$((i % shards)).tmp"
  i=$((i + 1))
done
# Verilator's own depfile names its outputs as targets; CMake wants the files it knows.
sed -n "s|^[^:]*:|$dir/${prefix}__shard0.cpp:|p" "${prefix}__ver.d" >deps.d
i=0
while [ "$i" -lt "$shards" ]; do
  mv "shard$i.tmp" "${prefix}__shard$i.cpp"
  i=$((i + 1))
done
