/** Why there is no module, for people; the command prints it and ends. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}
