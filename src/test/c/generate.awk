# Writes C for the functions of a library that nobody wrote by hand: each logs its call and succeeds. Those of cuBLAS that are
# work fail as it does where the device has gone wrong, or the capture.
#
#   awk -v starts=cublas -v except=cublasLt -f generate.awk WRITTEN WANTED
#
# starts, except: what the library's names begin with, and which of these are another's
# WRITTEN: names that are written by hand; WANTED: names that libtorch's natives lack
FNR == 1 { file++ }
file == 1 { written[$1]; next }
FNR == 1 { print "#include \"standin.h\"\n#include <stdlib.h>" }
index($1, starts) != 1 && !(starts == "cuda" && index($1, "__cuda") == 1) { next }
except != "" && index($1, except) == 1 { next }
$1 in written { next }
{
    name = $1
    object = "cublas|cudnn|cusolver|cusparse"
    if (starts == "cuda") { # the runtime is written by hand: what it lacks, it refuses
        print "API int " name "(void) { return standin_answer(NOT_SUPPORTED, \"" name "\"); }"
    } else if (name ~ "^(" object ").*Create") { # whatever it makes is a block of memory, which begins with a stream
        print "API long " name "(void **made) {"
        print "    *made = calloc(1, 256);"
        print "    standin_log(\"" name "\");"
        print "    return SUCCESS;"
        print "}"
    } else if (name ~ "^(" object ").*Destroy") {
        print "API long " name "(void *made) {"
        print "    free(made);"
        print "    standin_log(\"" name "\");"
        print "    return SUCCESS;"
        print "}"
    } else if (starts == "cublas" && name !~ /Set|Get/) { # work, in the handle's stream
        print "API long " name "(void **handle) {"
        print "    return standin_work(\"" name "\", *handle) ? 13 : SUCCESS;"
        print "}"
    } else {
        print "API long " name "(void) {"
        print "    standin_log(\"" name "\");"
        print "    return SUCCESS;"
        print "}"
    }
}
