/** The training loop and what it is made of: recipe, schedule, optimizer, evaluation, history. */
package dynafilter.train;
