package import Database
import Primitives
import ServiceLifecycle

/// Hears from the other control planes that there is something for a runner that is attached here, and from the
/// catalogue that a plant's settings changed.
package struct WorkListener: Service {
    private let database: Database
    private let board: DispatchBoard

    package init(database: Database, board: DispatchBoard) {
        self.database = database
        self.board = board
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                // The channels of Execution itself, and the one on which connections announce their changes.
                for (channel, need) in [(DispatchBoard.channel, Need.all), ("millwright_settings", .settings)] {
                    let notifications = database.listen(channel)
                    group.addTask { for await notification in notifications { hear(notification, need) } }
                }
            }
        }
    }

    private func hear(_ notification: Notification, _ need: Need) {
        switch notification {
        case .reconnected: board.wakeAll()
        case .received(let payload):
            if let plant = PlantID(payload) { board.wake(need, plant) }
        }
    }
}
