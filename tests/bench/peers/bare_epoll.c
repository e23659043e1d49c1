// The floor: an epoll loop with nothing around it. Edge-triggered, one recv and one send a request,
// no timers, no callbacks, no generations. A client that does not take its answers is cut off.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/peers/plaintext.h"

enum { MAX_FDS = 1 << 16, EVENTS = 256 };

// By fd: the beginning of a request whose end has not come.
static struct {
  char* bytes;
  size_t size;
} kept[MAX_FDS];

static struct plaintext_answers answers;
static char input[2 * PLAINTEXT_MAX_HEAD];
static char output[PLAINTEXT_MAX_OUTPUT];

static void die(const char* what) {
  perror(what);
  exit(1);
}

static void forget(int fd) {
  free(kept[fd].bytes);
  kept[fd].bytes = NULL;
  kept[fd].size = 0;
}

static int keep(int fd, const char* bytes, size_t size) {
  forget(fd);
  if (size == 0) return 1;
  if (size > PLAINTEXT_MAX_HEAD || (kept[fd].bytes = malloc(size)) == NULL) return 0;
  memcpy(kept[fd].bytes, bytes, size);
  kept[fd].size = size;
  return 1;
}

// False when the connection is over.
static int answer(int fd, const char* bytes, size_t size) {
  struct plaintext_found found = plaintext_scan(bytes, size);
  while (found.requests > 0) {
    const size_t count = plaintext_fill(&answers, &found, output, sizeof output);
    if (send(fd, output, count, MSG_NOSIGNAL) != (ssize_t)count) return 0;
  }
  return !found.close && keep(fd, bytes + found.consumed, size - found.consumed);
}

static void serve(int fd, int ending) {
  for (;;) {
    const size_t before = kept[fd].size;
    if (before > 0) memcpy(input, kept[fd].bytes, before);
    const size_t room = sizeof input - before;
    const ssize_t count = recv(fd, input + before, room, 0);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0 || !answer(fd, input, before + (size_t)count)) {
      forget(fd);
      close(fd);
      return;
    }
    // A short read has emptied the kernel's queue, unless the end was announced with it.
    if ((size_t)count < room && !ending) return;
  }
}

static void accept_all(int epoll, int listener) {
  for (;;) {
    const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.fd = fd};
    if (fd >= MAX_FDS || epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) close(fd);
  }
}

static int open_listener(unsigned short port) {
  const int on = 1;
  struct sockaddr_in address = plaintext_address(port);
  socklen_t size = sizeof address;
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0 ||
      setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0 ||
      bind(fd, (struct sockaddr*)&address, size) != 0 || listen(fd, 4096) != 0 ||
      getsockname(fd, (struct sockaddr*)&address, &size) != 0) {
    die("listen");
  }
  plaintext_announce(ntohs(address.sin_port), sizeof kept[0]);
  return fd;
}

int main(int argc, char** argv) {
  const int listener = open_listener(plaintext_port(argc, argv));
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event waiting = {.events = EPOLLIN, .data.fd = listener};
  if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &waiting) != 0) die("epoll");
  for (;;) {
    struct epoll_event events[EVENTS];
    const int count = epoll_wait(epoll, events, EVENTS, -1);
    if (count < 0 && errno != EINTR) die("epoll_wait");
    plaintext_set_date(&answers, time(NULL));
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd == listener) {
        accept_all(epoll, listener);
      } else {
        serve(events[i].data.fd, (events[i].events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0);
      }
    }
  }
}
