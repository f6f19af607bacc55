// Kedge — drift monitoring beside the model.
// SPDX-License-Identifier: Apache-2.0

public import Testing

extension Trait where Self == TimeLimitTrait {
    /// Ends what hangs.
    ///
    /// No statement about speed: all tests begin at once, and each one's time runs while it waits
    /// for the others on a machine with few cores.
    public static var mustEnd: Self { .timeLimit(.minutes(20)) }
}
