#ifndef VERSION_H
#define VERSION_H

#define PROGRAM_VERSION "0.1.0"

#endif
