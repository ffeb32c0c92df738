# Chooses a UTF-8 locale where there is none. Java reads the names of files as the locale says, and cannot be told otherwise;
# in containers there often is none, or one that is named and not installed, and names beyond ASCII are lost.
#
# Sourced by scripts/dynafilter. A locale with letters of its own, such as de_DE.ISO-8859-1, stays.

choose_locale() {
    if [ "$(uname -s)" != Linux ]; then
        return 0
    fi
    case $(locale charmap 2>/dev/null) in
        ANSI_X3.4-1968) ;; # ASCII: what the C library falls back to
        '')                # there is no such tool: by the name
            case ${LC_ALL:-${LC_CTYPE:-${LANG:-POSIX}}} in
                C | POSIX) export LC_ALL=C.UTF-8 ;;
            esac
            return 0
            ;;
        *) return 0 ;;
    esac
    for candidate in C.UTF-8 en_US.UTF-8 $(locale -a 2>/dev/null); do
        if [ "$(LC_ALL=$candidate locale charmap 2>/dev/null)" = UTF-8 ]; then
            export LC_ALL="$candidate"
            return 0
        fi
    done
}
