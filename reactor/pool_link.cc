#include "reactor/pool_link.h"

#include <memory>
#include <utility>

#include "reactor/connect_pool.h"

namespace tidegate::reactor {

void PoolLink::connect(const base::Address& to, const DialOptions& options) {
  dial_.emplace(stream_.poller(), static_cast<DialObserver&>(*this));
  dial_->start(to, options);
}

void PoolLink::orphan() {
  pool_ = nullptr;
  idle_timer_.cancel();
  age_timer_.cancel();
}

bool PoolLink::is_clean() const {
  return stream_.is_open() && !stream_.broken() && !stream_.input_ended() &&
         !stream_.write_ended() && !stream_.held() && stream_.unsent() == 0 && stream_.is_quiet();
}

void PoolLink::end() {
  orphan();
  dial_.reset();
  stream_.close();
  stream_.poller().retire(std::unique_ptr<Retirable>(this));
}

void PoolLink::ended_by_peer() {
  // Leased and without an observer of the leaseholder's: whose `release` finds it closed.
  stream_.close();
  if (phase_ != Phase::leased) pool_->lost(*this);
}

std::size_t PoolLink::on_data(std::string_view bytes) {
  ended_by_peer();
  return bytes.size();
}

void PoolLink::on_eof() {
  ended_by_peer();
}

void PoolLink::on_peer_gone(bool /*reset*/) {
  ended_by_peer();
}

void PoolLink::on_close(base::Error /*why*/) {
  ended_by_peer();
}

void PoolLink::on_connected(Socket socket, Registration registration, Ready ready) {
  stream_.adopt(std::move(socket), std::move(registration), ready);
  dial_.reset();
  pool_->connected(*this);
}

void PoolLink::on_connect_failed(base::Error why) {
  pool_->connect_failed(*this, why);
}

void PoolLink::on_timeout(Timer& timer) {
  if (&timer == &age_timer_) {
    pool_->aged(*this);
  } else {
    pool_->idle_expired(*this);
  }
}

}  // namespace tidegate::reactor
