/// One step of a compiled program. `a` and `b` mean what the operation says; `flag` is its variant.
struct Instruction: Sendable {
    var operation: Operation
    var flag = false
    var a: Int32 = 0
    var b: Int32 = 0
}

/// The machine works on a stack whose top is the current value, called *dot* (what `.` means).
///
/// The code of an expression takes dot from the top and leaves its result there. Where an operand must be computed
/// beside dot, `pick` pushes a copy of it first. In the comments the stack is written with its top at the right.
enum Operation: UInt8, Sendable {
    // Values
    /// dot → constant a
    case constant
    /// → constant a on top
    case pushConstant
    /// → a copy of the value a places below the top; flag: with its path
    case pick
    /// removes the top
    case pop
    /// x y → y x
    case swap
    /// x y → y, which has no path of its own when x had one
    case dropBelow
    /// dot → variable in slot a of the frame b levels up
    case load
    /// → that variable on top
    case pushVariable
    /// dot → variable a of the caller's
    case loadGlobal
    case pushGlobal
    /// the top moves into slot a
    case store
    /// the top moves into slot a with its path (the state of reduce and foreach)
    case storeState
    /// like storeState, and the top stays
    case copyState
    /// slot a moves to the top, with its path
    case takeState
    /// dot → slot a, which moves
    case endState
    /// slot a becomes null
    case clear

    // Access: flag = errors mean no output
    /// dot → its member with key constant a
    case field
    /// dot → its element or member at constant a
    case indexConstant
    /// key dot → dot[key]
    case index
    /// from to dot → dot[from:to]
    case slice
    /// dot → each of its values in turn
    case each
    /// dot → itself and everything in it
    case recurse

    // Construction; what is popped lies above dot, which the result replaces
    /// slot a becomes an empty array
    case beginCollect
    /// the top is appended to slot a; go back
    case append
    /// dot → the array in slot a
    case endCollect
    /// dot v1…va → [v1…va]
    case makeArray
    /// dot v1…vn → object with the keys of shape a
    case makeObject
    /// dot k1 v1…ka va → object
    case makeDynamicObject
    /// dot vn…v1 → the text of template a with the values in its holes
    case makeString
    /// dot → its text in format a
    case format

    // Arithmetic; flag: the result replaces dot, which lies below the operands
    /// [dot] right left → left ∘ right, ∘ = operator b
    case binary
    /// [dot] left → left ∘ constant a
    case binaryConstant
    /// [dot] right → constant a ∘ right
    case constantBinary
    /// [dot] value → -value
    case negate
    /// dot → whether it is neither null nor false
    case truth

    // Control
    case jump
    /// pops; jumps to a when it is null or false
    case jumpIfFalse
    case jumpIfTrue
    /// on the way back, continue at a with the stack as it is now
    case fork
    case backtrack
    /// errors until the matching endTry continue at a (or end in no output when a < 0); slot b knows the fork
    case beginTry
    case endTry
    /// on the way back, continue at a; slot b has seen no find yet
    case beginAlternative
    /// a false value goes back; any other is a find
    case testAlternative
    /// goes back if slot a has seen a find
    case endAlternative
    /// null or false → slot a
    case defaultTo
    /// remembers the place in slot b; on the way back, continue at a unless a < 0
    case label
    /// abandons everything since the label in slot a of the frame b levels up, and goes back
    case breakOut
    /// abandons the alternatives since the label in slot a, and goes on
    case cut
    /// count → ; slot a counts down from it; nothing to do at zero: go back. flag: skip instead of limit
    case beginLimit
    /// the top is refused when it is negative
    case checkPosition
    /// counts slot a down; at zero like cut b
    case limit
    /// while slot a is not zero: count it down and go back
    case skip
    /// slot a has no value yet
    case beginLast
    /// the top moves into slot a; go back
    case noteLast
    /// dot → slot a, or go back when it never got a value
    case endLast
    /// dot from to → each number; flag: dot from to by
    case range
    case raise

    // Paths
    /// dot starts to remember its path; flag: a copy of dot on top does
    case beginPath
    /// the path of the top; flag: it replaces the dot below
    case endPath
    /// path dot → the value there
    case getPath
    /// k1…kb → ; slot a becomes the path of these keys
    case storePath
    /// dot, at path a, gets slot b as its value there. Here and below flag: the path is in that slot, not a constant
    case assignPlace
    /// the top's path in slot a gets slot b; go back
    case assignPath
    /// → the value at path b, taken out of slot a
    case takePlace
    /// the top goes to path b of slot a; then slot a → top
    case putPlace
    /// path b is deleted from slot a; then slot a → top
    case dropPlace
    /// the top's path is remembered in slot b; its value is taken out of slot a
    case takePath
    /// the top goes to the path in slot b of slot a; go back
    case putPath
    /// the path in slot b is noted in slot b + 1 for deletion; go back
    case dropPath
    /// dot → slot a without the paths in slot b + 1
    case endModify

    // Functions
    /// calls function a, defined b levels up; its arguments follow. flag: as the last thing that this function does
    case call
    /// an argument: closure a of this frame; flag: the parameter in slot a of the frame b levels up
    case argument
    /// calls the parameter in slot a of the frame b levels up; flag as in call
    case callParameter
    /// the same where paths are followed
    case callTrackedParameter
    /// calls the code of function a as a part of the function b levels up; flag as in call
    case callInlined
    case `return`
    /// dot arguments → result of native function a with b arguments
    case native
    case output
}
