#include "reactor/remote_stream.h"

namespace tidegate::reactor {

RemoteStream::RemoteStream(Stream& stream)
    : poller_(&stream.poller()), cookie_(stream.cookie()), stream_(&stream) {}

void RemoteStream::post(std::string bytes, std::unique_ptr<WriteReceipt> receipt) const {
  TG_CHECK(named());
  poller_->post([poller = poller_, cookie = cookie_, stream = stream_, text = std::move(bytes),
                 told = std::move(receipt)]() mutable {
    base::Status refused;
    // The writer cannot know that the stream has said its end meanwhile.
    if (!Stream::is_same(*poller, cookie, stream) || stream->write_ended()) {
      refused = base::Error{base::Errc::cancelled, 0};
    } else if (stream->unsent() + text.size() > kMaxUnsent) {
      refused = base::Error{base::Errc::limit, 0};
    }
    if (refused && told != nullptr) {
      stream->write(text, std::move(told));
    } else if (refused) {
      stream->write(text);
    } else if (told != nullptr) {
      told->set_status(refused);
      told->run();
    }
  });
}

}  // namespace tidegate::reactor
