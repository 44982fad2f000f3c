// What the bench calls of libjq, which is opened at run time and never linked: the shape of a value, which is passed by
// value, and the types of the functions. The shape is that of jq 1.5 to 1.8 on 64-bit machines.
#ifndef MILLWRIGHT_LIBJQ_SHIM_H
#define MILLWRIGHT_LIBJQ_SHIM_H

#include <stdint.h>

typedef struct {
    uint8_t kind;
    uint8_t padding;
    uint16_t offset;
    int32_t size;
    union {
        void *pointer;
        double number;
    } content;
} libjq_value;

typedef void *(*libjq_make)(void);
typedef int (*libjq_compile)(void *state, const char *program);
typedef void (*libjq_start)(void *state, libjq_value input, int flags);
typedef libjq_value (*libjq_next)(void *state);
typedef void (*libjq_teardown)(void **state);
typedef libjq_value (*libjq_parse_sized)(const char *text, int length);
typedef libjq_value (*libjq_dump_string)(libjq_value value, int flags);
typedef const char *(*libjq_string_value)(libjq_value value);
typedef int (*libjq_get_kind)(libjq_value value);
typedef void (*libjq_free)(libjq_value value);

#endif
