# Configures and builds a CMake preset with its output in a file. Sourced after packages.sh by
# POSIX shells; `root` is the top of the tree.
# shellcheck shell=sh disable=SC2154

# What went wrong first, not what was printed last.
show_build_failure() {
  if grep -q '^FAILED:' "$1"; then
    sed -n '/^FAILED:/,$p' "$1" | head -n 60 >&2
  else
    tail -n 40 "$1" >&2
  fi
}

# build_preset PRESET [TARGET...]: into build/PRESET.
build_preset() {
  preset=$1
  shift
  [ $# -eq 0 ] || set -- --target "$@"
  build_log=$root/build/$preset.log
  mkdir -p "$root/build"
  if [ -e "$root/build/$preset/build.ninja" ]; then
    say "bringing build/$preset up to date"
  else
    say "building build/$preset for the first time: some minutes (output: build/$preset.log)"
  fi
  (
    cd "$root" && cmake --preset "$preset" &&
      cmake --build --preset "$preset" "$@"
  ) >"$build_log" 2>&1 && return 0
  show_build_failure "$build_log"
  complain "the build failed; all of its output is in $build_log"
  return 1
}
