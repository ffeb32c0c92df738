/** The processes that train one network together: who they are, c10d's collectives, and noticing that one is gone. */
package dynafilter.distributed;
