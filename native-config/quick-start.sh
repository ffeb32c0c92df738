# Starts Java quickly. An archive of the classes that commands begin with (class-data sharing) halves the time to the first
# result. It is made once for a Java and a jar, beside the jar where that folder can be written, in some seconds. Java starts
# without it where a jar has another size or time than in the archive, or Java is another one.
#
# Sourced by scripts/dynafilter and by the bundle's launcher. DYNAFILTER_QUICK_START= (empty) turns this off.

# Sets $archive to an option of Java with the archive, which is made where there is none; or to nothing.
use_archive() { # JAVA JAR [OPTION...]
    archive=
    if [ -z "${DYNAFILTER_QUICK_START-yes}" ]; then return 0; fi
    home=$(readlink -f "$(command -v "$1")") || return 0
    release=${home%/bin/java}/release
    # A jar that was moved needs another archive, and so does another Java.
    sum=$({ echo "$2" && cat "$release"; } 2>/dev/null | cksum 2>/dev/null) || return 0
    if [ ! -r "$release" ] || [ -z "$sum" ]; then return 0; fi
    file=${2%.jar}-${sum%% *}.jsa
    if [ ! "$file" -nt "$2" ]; then make_archive "$file" "$@"; fi
    if [ -s "$file" ]; then archive=-XX:SharedArchiveFile=$file; fi
}

# Maps archives, also that of Java's own classes, where they were made for, which touches few of their pages.
unmoved='-XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0'

# Makes an archive under another name first: others may start meanwhile, and half of one would crash them. Where it cannot be
# made, an empty file says so until the next build. Who stops it leaves nothing behind; what was killed outright goes later.
make_archive() { # FILE JAVA JAR [OPTION...]
    partial=$1.$$
    if ! { : >"$partial"; } 2>/dev/null; then return 0; fi
    find "${1%/*}" -name "${1##*/}.*" -mmin +10 -exec rm -f {} + 2>/dev/null || :
    echo "dynafilter: preparing quick starts, once" >&2
    rm -f "$partial"
    maker=
    trap 'drop_archive 129' HUP
    trap 'drop_archive 130' INT
    trap 'drop_archive 143' TERM
    (
        made=$partial program=$2 jar=$3
        shift 3
        exec "$program" -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Djava.awt.headless=true "$@" \
            -XX:ArchiveClassesAtExit="$made" -cp "$jar" dynafilter.cli.StartRehearsal
    ) >/dev/null 2>&1 </dev/null &
    maker=$!
    wait "$maker" || rm -f "$partial"
    trap - HUP INT TERM
    if [ ! -s "$partial" ]; then : >"$partial"; fi
    mv -f "$partial" "$1"
}

# Java would write the archive at its end even then.
drop_archive() { # CODE
    if [ -n "$maker" ]; then
        kill -s KILL "$maker" 2>/dev/null || :
        wait "$maker" 2>/dev/null || :
    fi
    rm -f "$partial"
    exit "$1"
}

# Sets $compilers to an option of Java. What is over in a second gains nothing by the second compiler, which keeps a core busy
# meanwhile; runs and folders of pictures do gain.
choose_compilers() { # ARGUMENTS
    compilers=-XX:TieredStopAtLevel=1
    case ${1:---help} in
        -* | help | doctor | export) return 0 ;;
        predict)
            for word; do
                if [ -d "$word" ]; then compilers=; fi
            done
            if [ $# -le 20 ]; then return 0; fi
            ;;
    esac
    for word; do
        case $word in -h | --help) return 0 ;; esac
    done
    compilers=
}
