#ifndef INDEX_CHECK_H
#define INDEX_CHECK_H

#include "connection_options.h"

#include <stdio.h>

/*
 * Looks into data_agents, if it can be reached within two seconds, and writes a comment line for
 * each index of src/sql/indexes.sql that it does not have.
 */
void index_check_print(const struct connection_options *data_agents, FILE *out);

#endif
