import JSON
import Primitives
import RunnerCore
import Workflow

/// Calls to other systems: done, refused, answered in vain, given up.
extension SimulationWorld {
    func act(_ index: Int) {
        let given = effects[index]
        let id = given.effect.id
        let name = "\(id.waitID) of run \(id.runID) by epoch \(given.runner.epoch)"
        if let result = given.result {
            note("the answer to \(name) arrives")
            effects.remove(at: index)
            return given.runner.effectFinished(id, result)
        }
        // What a replaced runner may still do, an honest target recognises.
        if given.runner.isReplaced, SimulationTarget(given.effect) != .honest {
            note("\(name) has no way out")
            effects.remove(at: index)
            return
        }
        let workflow = given.effect.program.facts["name"]?.stringValue.flatMap(SimulationWorkflow.init)
        if isStorm, workflow?.isRefused == true, random.chance(300) {
            note("\(name) is refused")
            effects[index].result = .failed(.init(.communication, detail: "busy"))
            return
        }
        let result = targets.perform(given.effect, isRepeated: given.isRepeated)
        if isStorm, random.chance(plan.messageRate), !given.isRepeated {
            note("\(name) is done, and the answer is lost")
            effects[index].isRepeated = true
        } else {
            note("\(name) is done")
            effects[index].result = result
        }
    }

    /// The machine wants no answer any more. Whether the target had heard of it is chance.
    func giveUp(_ id: Effect.ID, of runner: SimulatedRunner) {
        guard let index = effects.firstIndex(where: { $0.runner === runner && $0.effect.id == id }) else { return }
        abandon(effects.remove(at: index))
        note("\(id.waitID) of run \(id.runID) is given up")
        runner.effectFinished(id, .givenUp)
    }

    /// The runner is gone, and with it whoever waits for answers.
    func forgetEffects(of runner: SimulatedRunner) {
        for effect in effects where effect.runner === runner { abandon(effect) }
        effects.removeAll { $0.runner === runner }
    }

    private func abandon(_ effect: SimulatedEffect) {
        guard effect.result == nil, random.chance(500) else { return }
        if effect.runner.isReplaced, SimulationTarget(effect.effect) != .honest { return }
        _ = targets.perform(effect.effect, isRepeated: effect.isRepeated)
    }
}
