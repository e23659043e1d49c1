#include "reactor/pool_lease.h"

#include "reactor/connect_pool.h"
#include "reactor/pool_link.h"

namespace tidegate::reactor {

Stream& PoolLease::stream() const {
  TG_CHECK(held());
  return link_->stream();
}

bool PoolLease::reused() const {
  TG_CHECK(held());
  return link_->uses() > 1;
}

void PoolLease::release() {
  if (link_ == nullptr) return;
  PoolLink& link = *std::exchange(link_, nullptr);
  if (link.pool() != nullptr) {
    link.pool()->give_back(link);
  } else {
    link.end();
  }
}

void PoolLease::discard() {
  if (link_ == nullptr) return;
  PoolLink& link = *std::exchange(link_, nullptr);
  if (link.pool() != nullptr) {
    link.pool()->remove(link);
  } else {
    link.end();
  }
}

void PoolWaiter::cancel() {
  if (pool_ != nullptr) pool_->forget(*this);
}

void PoolWaiter::on_timeout(Timer& /*timer*/) {
  pool_->give_up(*this);
}

}  // namespace tidegate::reactor
