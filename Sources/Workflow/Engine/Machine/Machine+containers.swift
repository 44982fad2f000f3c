import JSON
import Primitives

/// `for` and `fork`.
extension Machine {
    /// Begins the iteration that the frame stands at, or ends the loop.
    mutating func iterate(_ frame: Int, with data: Datum) {
        guard step(), let position = position(of: frame),
            case .iterating(let index, let items) = state.frames[position].phase,
            case .loop(let loop) = program.tasks[state.frames[position].task].body
        else { return }
        guard items.value[index] != nil else { return finish(frame, output: data) }
        if let condition = loop.condition {
            var scope = scope(of: activation(of: state.frames[position]))
            scope.frame = frame
            do throws(WorkflowError) {
                guard try holds(condition, on: data.value, scope) else { return finish(frame, output: data) }
            } catch {
                return fault(frame, error)
            }
        }
        begin(loop.first, in: frame, input: data)
    }

    /// The output of an iteration is the input of the next.
    mutating func nextIteration(_ position: Int, output: Datum) {
        guard case .iterating(let index, let items) = state.frames[position].phase else { return }
        state.frames[position].phase = .iterating(index: index + 1, items: items)
        iterate(state.frames[position].id, with: output)
    }

    mutating func fork(_ activation: Activation, _ branches: [Int]) throws(WorkflowError) {
        guard !branches.isEmpty else { return done(activation, output: Datum([])) }
        let frame = try push(
            activation, .forking(outputs: Array(repeating: nil, count: branches.count), lost: 0))
        // The last move is worked off first: branches begin in the order of the definition.
        for (branch, task) in branches.enumerated().reversed() {
            moves.append(.enter(task: task, parent: frame, branch: branch, input: activation.input))
        }
    }

    mutating func leaveFork(_ position: Int, branch: Int, output: Datum, isEnding: Bool) {
        let frame = state.frames[position]
        guard case .forking(var outputs, let lost) = frame.phase,
            case .fork(_, let competes) = program.tasks[frame.task].body
        else { return }
        if competes || isEnding {
            let detail: JSONValue? = competes ? ["branch": JSONValue(branch)] : nil
            return finish(frame.id, output: output, isEnding: isEnding, detail: detail)
        }
        outputs[branch] = output
        state.frames[position].phase = .forking(outputs: outputs, lost: lost)
        let all = outputs.compactMap { $0?.value }
        guard all.count == outputs.count else { return }
        do throws(WorkflowError) {
            finish(frame.id, output: try bounded(.array(all)))
        } catch {
            fault(frame.id, error)
        }
    }
}
