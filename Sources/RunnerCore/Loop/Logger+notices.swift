import Logging

extension Logger {
    func log(_ happened: RunnerNotice) {
        switch happened {
        case .ready: info("ready")
        case .controlPlaneLost(let reason): warning("the control plane is lost", metadata: ["reason": "\(reason)"])
        case .controlPlaneBack: info("the control plane is back")
        case .requestRejected(let status, let reason, let commits):
            error(
                "the control plane refuses a request",
                metadata: ["status": "\(status)", "reason": "\(reason)", "commits": "\(commits)"])
        case .commitTooLarge(let runID, let limitBytes):
            error(
                "what a run did is too large to be recorded", metadata: ["run": "\(runID)", "limit": "\(limitBytes)"])
        case .runDropped(let runID, let verdict):
            notice("a run moved on without this runner", metadata: ["run": "\(runID)", "verdict": "\(verdict)"])
        case .runUnusable(let runID, let reason):
            error("a run cannot be run", metadata: ["run": "\(runID)", "reason": "\(reason)"])
        case .draining(let runs, let effects):
            info("draining", metadata: ["runs": "\(runs)", "effects": "\(effects)"])
        case .leftOpen(let runs): warning("runs are left to the next runner", metadata: ["runs": "\(runs)"])
        }
    }
}
