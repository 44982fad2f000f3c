import Database
import Testing

/// A channel that is listened to, from before the first change on.
final class Hearing {
    private var notifications: AsyncStream<Notification>.Iterator

    fileprivate init(_ notifications: AsyncStream<Notification>.Iterator) { self.notifications = notifications }

    /// Waits until the payload comes; fails the test when something else does.
    func hears(_ payload: String) async {
        guard let notification = await notifications.next(isolation: #isolation) else {
            Issue.record("the channel ended")
            return
        }
        #expect(notification == .received(payload: payload))
    }
}

extension CatalogueFixture {
    func listen(to channel: String) async throws -> Hearing {
        var notifications = database.listen(channel).makeAsyncIterator()
        try #require(await notifications.next(isolation: #isolation) == .reconnected)
        return Hearing(notifications)
    }
}
