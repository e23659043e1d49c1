#include "tests/bench/peers/plaintext.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char kClose[] = "Connection: close";
static const size_t kCloseSize = sizeof kClose - 1;

struct plaintext_found plaintext_scan(const char* bytes, size_t size) {
  struct plaintext_found found = {0, 0, 0};
  const char* const end = bytes + size;
  const char* line = bytes;
  int close = 0;
  while (!found.close && line < end) {
    const char* stop = memchr(line, '\r', (size_t)(end - line));
    if (stop == NULL || end - stop < 2) break;
    if (stop == line) {
      ++found.requests;
      found.consumed = (size_t)(stop + 2 - bytes);
      found.close = close;
    } else if ((*line | 0x20) == 'c' && (size_t)(stop - line) == kCloseSize &&
               strncasecmp(line, kClose, kCloseSize) == 0) {
      close = 1;
    }
    line = stop + 2;
  }
  return found;
}

void plaintext_set_date(struct plaintext_answers* answers, time_t now) {
  static const char shape[] =
      "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: %s\r\nContent-Type: text/plain\r\n"
      "Content-Length: 13\r\n%s\r\nHello, World!";
  char date[32];
  struct tm parts;
  if (answers->date == now) return;
  answers->date = now;
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&now, &parts));
  answers->keep_size = (size_t)snprintf(answers->keep, sizeof answers->keep, shape, date, "");
  answers->last_size =
      (size_t)snprintf(answers->last, sizeof answers->last, shape, date, "Connection: close\r\n");
}

size_t plaintext_fill(const struct plaintext_answers* answers, struct plaintext_found* found,
                      char* out, size_t room) {
  size_t used = 0;
  while (found->requests > 0 && room - used >= answers->last_size) {
    const int last = found->close && found->requests == 1;
    const size_t size = last ? answers->last_size : answers->keep_size;
    memcpy(out + used, last ? answers->last : answers->keep, size);
    used += size;
    --found->requests;
  }
  return used;
}

unsigned short plaintext_port(int argc, char** argv) {
  if (argc == 1) return 0;
  char* rest = NULL;
  const long port = argc == 3 && strcmp(argv[1], "--port") == 0 ? strtol(argv[2], &rest, 10) : -1;
  if (port >= 0 && port <= 65535 && *rest == '\0') return (unsigned short)port;
  fprintf(stderr, "usage: %s [--port N]\n", argv[0]);
  exit(2);
}

struct sockaddr_in plaintext_address(unsigned short port) {
  struct sockaddr_in address = {0};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void plaintext_announce(unsigned short port, size_t object) {
  printf("127.0.0.1:%u %zu\n", (unsigned)port, object);
  fflush(stdout);
}
