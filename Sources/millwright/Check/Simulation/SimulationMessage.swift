import RunnerCore
import RunnerProtocol

/// A call of a runner, until it is answered or given up.
struct SimulationCall {
    var runner: SimulatedRunner
    var ticket: SyncTicket
    /// Which control plane it went to.
    var place: Int
}

/// What is on its way between processes.
enum SimulationMessage {
    /// - Parameter isEcho: the network delivers it once more, and nobody waits for the answer.
    case request(call: Int, place: Int, body: [UInt8], epoch: Int64, isEcho: Bool)
    case answer(call: Int, SyncOutcome)
    case notification(place: Int, String)
}

/// A call that a runner makes to another system.
struct SimulatedEffect {
    var runner: SimulatedRunner
    var effect: Effect
    /// It was answered, and the answer was lost.
    var isRepeated = false
    /// The answer, on its way back.
    var result: EffectResult?
}
