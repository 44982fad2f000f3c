package import Logging
import Primitives
import ServiceLifecycle

/// Brings the plants' runners to the desired state in the database and keeps them there: started, watched, restarted
/// with a growing delay, stopped.
///
/// Exactly one control plane of a data directory reconciles it; the caller holds the lock.
package struct Reconciler: Service {
    /// Also when no change was announced, the desired state is read again after this long.
    package static let fullResyncSeconds = 60

    private let registry: any RunnerRegistry
    private let driver: any RunnerDriver
    private let houses: PlantHouses
    private let logger: Logger
    private let supervised = Supervised()

    package init(registry: any RunnerRegistry, driver: any RunnerDriver, houses: PlantHouses, logger: Logger) {
        self.registry = registry
        self.driver = driver
        self.houses = houses
        self.logger = logger
    }

    package func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { children in
                children.addTask { await ticks(supervised) }
                for await _ in supervised.wakeups {
                    do {
                        try await reconcile(in: &children)
                    } catch {
                        logger.warning("the desired state cannot be read", metadata: ["reason": "\(error)"])
                    }
                }
                children.cancelAll()
            }
        }
    }

    private func ticks(_ supervised: Supervised) async {
        await withDiscardingTaskGroup { sources in
            sources.addTask {
                for await _ in registry.changes() { supervised.wake() }
            }
            sources.addTask {
                repeat {
                    supervised.wake()
                    try? await Task.sleep(for: .seconds(supervised.lastReadFailed ? 1 : Self.fullResyncSeconds))
                } while !Task.isCancelled
            }
        }
        supervised.finish()
    }

    private func reconcile(in children: inout DiscardingTaskGroup) async throws {
        supervised.setLastReadFailed(true)
        let desired = Set(try await registry.desiredPlants())
        supervised.setLastReadFailed(false)
        supervised.stop(allExcept: desired)
        for plant in supervised.missing(of: desired) {
            children.addTask {
                await supervised.supervising(plant) { await keepRunning(plant) }
            }
        }
    }

    /// One plant's runner, again and again, until the task is cancelled.
    private func keepRunning(_ plant: TenantScope) async {
        await withDiscardingTaskGroup { children in
            let house = houses.house(of: plant)
            let isOpen = AsyncStream<Void>.makeStream()
            children.addTask {
                await house.open { isOpen.continuation.finish() }
                isOpen.continuation.finish()
            }
            for await _ in isOpen.stream {}
            var backoff = RestartBackoff()
            while !Task.isCancelled {
                let startedAt = Timestamp.now()
                let (epoch, ended) = await runOnce(plant, house)
                if Task.isCancelled {
                    await recordStop(plant, epoch, ended)
                    break
                }
                let lived = Timestamp.now().unixSeconds - startedAt.unixSeconds
                let delay = backoff.delaySeconds(afterLivingFor: lived)
                logger.notice(
                    "runner ended", metadata: ["plant": "\(plant)", "exit": "\(ended)", "restartIn": "\(delay) s"])
                if let epoch {
                    try? await registry.runnerEnded(of: plant, epoch: epoch, ended, restartInSeconds: delay)
                }
                try? await Task.sleep(for: .seconds(delay))
            }
            children.cancelAll()
        }
    }

    /// A runner that was told to stop is recorded as absent, and its last seconds are metered.
    private func recordStop(_ plant: TenantScope, _ epoch: Int64?, _ exit: String) async {
        guard let epoch else { return }
        // Not a child: this task is cancelled already, and the record must be written all the same. It is awaited here.
        await Task { [registry, logger] in
            do {
                try await registry.runnerEnded(of: plant, epoch: epoch, exit, restartInSeconds: nil)
            } catch {
                logger.notice("a runner's end is not recorded", metadata: ["plant": "\(plant)", "reason": "\(error)"])
            }
        }.value
    }

    private func runOnce(_ plant: TenantScope, _ house: PlantHouse) async -> (epoch: Int64?, exit: String) {
        do {
            let (runnerID, epoch) = try await registry.beginEpoch(of: plant)
            let specification = RunnerSpecification(
                plant: plant, runnerID: runnerID, epoch: epoch, socketDirectory: house.directory,
                logLevel: logger.logLevel.rawValue)
            do {
                return (epoch, try await driver.run(specification).description)
            } catch {
                return (epoch, "it could not be started: \(error)")
            }
        } catch {
            return (nil, "no epoch: \(error)")
        }
    }
}
