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
    /// When it could not be read.
    package static let retrySeconds = 1

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
        houses.removeLeftovers()
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { children in
                children.addTask { await ticks(supervised) }
                for await _ in supervised.wakeups {
                    do {
                        try await reconcile(in: &children)
                    } catch {
                        // What runs goes on running: nobody said that it should not.
                        logger.warning("the desired state cannot be read", metadata: ["reason": "\(error)"])
                        children.addTask {
                            try? await Task.sleep(for: .seconds(Self.retrySeconds))
                            supervised.wake()
                        }
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
                    try? await Task.sleep(for: .seconds(Self.fullResyncSeconds))
                } while !Task.isCancelled
            }
        }
        supervised.finish()
    }

    private func reconcile(in children: inout DiscardingTaskGroup) async throws {
        let desired = Set(try await registry.desiredPlants())
        supervised.stop(allExcept: desired)
        for plant in supervised.missing(of: desired) {
            children.addTask {
                await supervised.supervising(plant) { await keepRunning(plant) }
            }
        }
    }

    /// One plant's runner, again and again, until the task is cancelled.
    private func keepRunning(_ plant: TenantScope) async {
        let house = houses.house(of: plant)
        await house.whileOpen {
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
