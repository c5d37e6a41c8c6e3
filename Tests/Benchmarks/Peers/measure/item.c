#include "measure.h"

#include <string.h>

enum { number_bytes = 8 };

void measure_item_fill(uint8_t *item, uint64_t number) {
    for (size_t i = 0; i < number_bytes; i++) item[i] = (uint8_t)(number >> (8 * i));
    for (size_t i = number_bytes; i < measure_item_bytes; i++) item[i] = (uint8_t)(i * 131 + (i >> 8));
}

bool measure_item_is(const uint8_t *item, size_t length, uint64_t number, const uint8_t *filled) {
    if (length != measure_item_bytes) return false;
    uint64_t found = 0;
    for (size_t i = 0; i < number_bytes; i++) found |= (uint64_t)item[i] << (8 * i);
    return found == number && memcmp(item + number_bytes, filled + number_bytes, measure_item_bytes - number_bytes) == 0;
}
