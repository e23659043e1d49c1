// The same server on libevent as its manual teaches: evconnlistener, a bufferevent a connection,
// evbuffers for input and output, the date by a persistent event.
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/peers/plaintext.h"

static struct plaintext_answers answers;
static char output[PLAINTEXT_MAX_OUTPUT];

static void die(const char* what) {
  perror(what);
  exit(1);
}

static void on_written(struct bufferevent* connection, void* unused) {
  (void)unused;
  bufferevent_free(connection);
}

static void on_event(struct bufferevent* connection, short what, void* unused) {
  (void)unused;
  if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT)) bufferevent_free(connection);
}

static void on_read(struct bufferevent* connection, void* unused) {
  struct evbuffer* input = bufferevent_get_input(connection);
  const size_t size = evbuffer_get_length(input);
  struct plaintext_found found = plaintext_scan((const char*)evbuffer_pullup(input, -1), size);
  (void)unused;
  while (found.requests > 0) {
    const size_t count = plaintext_fill(&answers, &found, output, sizeof output);
    if (bufferevent_write(connection, output, count) != 0) die("bufferevent_write");
  }
  evbuffer_drain(input, found.consumed);
  if (found.close) {
    // Called when all has been written.
    bufferevent_setcb(connection, NULL, on_written, on_event, NULL);
    bufferevent_disable(connection, EV_READ);
  } else if (evbuffer_get_length(input) > PLAINTEXT_MAX_HEAD) {
    bufferevent_free(connection);
  }
}

static void on_accept(struct evconnlistener* listener, evutil_socket_t fd, struct sockaddr* peer,
                      int size, void* unused) {
  const int on = 1;
  struct bufferevent* connection =
      bufferevent_socket_new(evconnlistener_get_base(listener), fd, BEV_OPT_CLOSE_ON_FREE);
  (void)peer, (void)size, (void)unused;
  if (connection == NULL) die("bufferevent_socket_new");
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  bufferevent_setcb(connection, on_read, NULL, on_event, NULL);
  bufferevent_enable(connection, EV_READ | EV_WRITE);
}

static void on_second(evutil_socket_t fd, short what, void* unused) {
  (void)fd, (void)what, (void)unused;
  plaintext_set_date(&answers, time(NULL));
}

static void announce(struct evconnlistener* listener) {
  struct sockaddr_in address;
  socklen_t size = sizeof address;
  if (getsockname(evconnlistener_get_fd(listener), (struct sockaddr*)&address, &size) != 0) {
    die("getsockname");
  }
  plaintext_announce(ntohs(address.sin_port), 0);
}

int main(int argc, char** argv) {
  const struct timeval second = {1, 0};
  const struct sockaddr_in address = plaintext_address(plaintext_port(argc, argv));
  struct event_base* base = event_base_new();
  signal(SIGPIPE, SIG_IGN);
  if (base == NULL) die("event_base_new");
  struct evconnlistener* listener = evconnlistener_new_bind(
      base, on_accept, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
      4096, (const struct sockaddr*)&address, sizeof address);
  if (listener == NULL) die("evconnlistener_new_bind");
  announce(listener);
  struct event* seconds = event_new(base, -1, EV_PERSIST, on_second, NULL);
  if (seconds == NULL || event_add(seconds, &second) != 0) die("event_add");
  plaintext_set_date(&answers, time(NULL));
  return event_base_dispatch(base);
}
