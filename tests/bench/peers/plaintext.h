// What the measured servers have in common, in C so that all of them can use it: finding the ends
// of requests, and the response that answers each.
//
// A request ends at its first empty line; nothing of it is looked at but a header line that says
// "Connection: close". Bodies are not known here: the load sends none.
#pragma once

#include <netinet/in.h>
#include <stddef.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
  PLAINTEXT_MAX_HEAD = 8192,     // more without an empty line is no request
  PLAINTEXT_MAX_OUTPUT = 16384,  // bytes of answers that are sent with one call
};

struct plaintext_found {
  size_t consumed;    // up to and with the last empty line
  unsigned requests;  // how many ended
  int close;          // the last of them says that it is the last
};

// Looks through `size` bytes for whole requests, up to the first that closes.
struct plaintext_found plaintext_scan(const char* bytes, size_t size);

// The answers as they go out; they begin with zeroes.
struct plaintext_answers {
  char keep[192];
  char last[192];  // the one before the server closes
  size_t keep_size;
  size_t last_size;
  time_t date;
};

// To be called at least once a second, and before the first answer.
void plaintext_set_date(struct plaintext_answers* answers, time_t now);

// Writes as many answers into `out` as fit and counts `found->requests` down; returns the bytes.
size_t plaintext_fill(const struct plaintext_answers* answers, struct plaintext_found* found,
                      char* out, size_t room);

// What follows "--port" on the command line, 0 without it; ends the program on anything else.
unsigned short plaintext_port(int argc, char** argv);

struct sockaddr_in plaintext_address(unsigned short port);

// Tells whoever started the server where it listens, and how large the object is that it makes for
// each connection itself: "127.0.0.1:PORT 16".
void plaintext_announce(unsigned short port, size_t object);

#ifdef __cplusplus
}
#endif
