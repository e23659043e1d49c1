// The same server on libuv: uv_tcp_t, one read buffer for all connections, uv_try_write first, the
// date by a uv_timer_t. No idle timeout: libuv's timers are a heap, and its examples have none.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "tests/bench/peers/plaintext.h"

struct connection {
  uv_tcp_t tcp;
  char* kept;  // the beginning of a request whose end has not come
  size_t size;
};

static struct plaintext_answers answers;
static char input[2 * PLAINTEXT_MAX_HEAD];
static char output[PLAINTEXT_MAX_OUTPUT];

static void check(int status, const char* what) {
  if (status >= 0) return;
  fprintf(stderr, "%s: %s\n", what, uv_strerror(status));
  exit(1);
}

static void on_closed(uv_handle_t* handle) {
  struct connection* connection = handle->data;
  free(connection->kept);
  free(connection);
}

static void drop(struct connection* connection) {
  uv_handle_t* handle = (uv_handle_t*)&connection->tcp;
  if (!uv_is_closing(handle)) uv_close(handle, on_closed);
}

static int keep(struct connection* connection, const char* bytes, size_t size) {
  free(connection->kept);
  connection->kept = NULL;
  connection->size = 0;
  if (size == 0) return 1;
  if (size > PLAINTEXT_MAX_HEAD || (connection->kept = malloc(size)) == NULL) return 0;
  memcpy(connection->kept, bytes, size);
  connection->size = size;
  return 1;
}

// False when the connection is over; one that does not take its answers is.
static int answer(struct connection* connection, const char* bytes, size_t size) {
  struct plaintext_found found = plaintext_scan(bytes, size);
  while (found.requests > 0) {
    const size_t count = plaintext_fill(&answers, &found, output, sizeof output);
    uv_buf_t out = uv_buf_init(output, (unsigned)count);
    if (uv_try_write((uv_stream_t*)&connection->tcp, &out, 1) != (int)count) return 0;
  }
  return !found.close && keep(connection, bytes + found.consumed, size - found.consumed);
}

static void on_buffer(uv_handle_t* handle, size_t suggested, uv_buf_t* out) {
  const struct connection* connection = handle->data;
  (void)suggested;
  *out = uv_buf_init(input + connection->size, (unsigned)(sizeof input - connection->size));
}

static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  struct connection* connection = stream->data;
  (void)buffer;
  if (count == 0) return;
  if (count > 0 && connection->size > 0) memcpy(input, connection->kept, connection->size);
  if (count < 0 || !answer(connection, input, connection->size + (size_t)count)) drop(connection);
}

static void on_connection(uv_stream_t* listener, int status) {
  struct connection* connection = status < 0 ? NULL : calloc(1, sizeof *connection);
  if (connection == NULL) return;
  check(uv_tcp_init(listener->loop, &connection->tcp), "uv_tcp_init");
  connection->tcp.data = connection;
  if (uv_accept(listener, (uv_stream_t*)&connection->tcp) != 0 ||
      uv_tcp_nodelay(&connection->tcp, 1) != 0 ||
      uv_read_start((uv_stream_t*)&connection->tcp, on_buffer, on_read) != 0) {
    drop(connection);
  }
}

static void on_second(uv_timer_t* timer) {
  (void)timer;
  plaintext_set_date(&answers, time(NULL));
}

static void announce(const uv_tcp_t* listener) {
  struct sockaddr_in address;
  int size = sizeof address;
  check(uv_tcp_getsockname(listener, (struct sockaddr*)&address, &size), "uv_tcp_getsockname");
  plaintext_announce(ntohs(address.sin_port), sizeof(struct connection));
}

int main(int argc, char** argv) {
  uv_loop_t* loop = uv_default_loop();
  uv_tcp_t listener;
  uv_timer_t seconds;
  const struct sockaddr_in address = plaintext_address(plaintext_port(argc, argv));
  signal(SIGPIPE, SIG_IGN);
  check(uv_tcp_init(loop, &listener), "uv_tcp_init");
  check(uv_tcp_bind(&listener, (const struct sockaddr*)&address, 0), "uv_tcp_bind");
  check(uv_listen((uv_stream_t*)&listener, 4096, on_connection), "uv_listen");
  announce(&listener);
  check(uv_timer_init(loop, &seconds), "uv_timer_init");
  check(uv_timer_start(&seconds, on_second, 0, 1000), "uv_timer_start");
  plaintext_set_date(&answers, time(NULL));
  return uv_run(loop, UV_RUN_DEFAULT);
}
