#ifndef ROUTES_H
#define ROUTES_H

#include "http.h"

/* Answers one request: finds its route, checks its method, and never fails to make an answer. */
void routes_answer(const struct request *request, struct response *response);

#endif
